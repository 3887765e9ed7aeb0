"""RFC 7541: header blocks, right and wrong, and the table that a connection keeps across them."""

import hpack

from http2_cases import case, row
from http2_wire import *  # noqa: F403: the vocabulary of the cases

BAD = goaway(COMPRESSION_ERROR)
BLOCK = block(request())
LIST = request(b"GET", b"/headers")


def broken(what, sent):
    row(f"RFC 7541 {what} is COMPRESSION_ERROR", headers(1, sent), BAD)


def right(what, sent):
    row(f"RFC 7541 {what}", headers(1, sent), status(200))


# ---- §2.3, §6.1: indices ----

broken("§6.1: index 0", BLOCK + b"\x80")
broken("§2.3.3: an index beyond both tables", BLOCK + indexed(62))
broken("§2.3.3: an index far beyond both tables", BLOCK + indexed(100000))
broken("§2.3.3: a name's index beyond both tables", BLOCK + integer(62, 6, 0x40) + string(b"x"))
broken("§6.2.2: a name's index beyond both tables, without indexing", BLOCK + integer(62, 4, 0x00) + string(b"x"))
right("§6.1: static entries are known",
    indexed(2) + indexed(6) + literal(b":authority", b"a") + integer(4, 6, 0x40) + string(b"/plaintext"))
right("§6.2.1: a literal enters the table and can be named at once", BLOCK + literal(b"x", b"y", 0x40) + indexed(62))
right("§6.2.3: a never indexed literal is a field", BLOCK + literal(b"x", b"y", 0x10))
broken("§6.2.2: to name what was not indexed", BLOCK + literal(b"x", b"y", 0x00) + indexed(62))
broken("§6.2.3: to name what is never indexed", BLOCK + literal(b"x", b"y", 0x10) + indexed(62))

# ---- §4.2, §6.3: the size of the table ----

right("§4.2: a smaller table at the start of a block", table_size(100) + BLOCK)
right("§4.2: two sizes at the start of a block", table_size(0) + table_size(4096) + BLOCK)
broken("§6.3: a table larger than was offered", table_size(4097) + BLOCK)
broken("§6.3: a table as large as 2^31", table_size(2**31) + BLOCK)
broken("§4.2: a new table size behind a field", BLOCK + table_size(100))
broken("§4.2: a new table size within the fields", BLOCK[:11] + table_size(100) + BLOCK[11:])

# ---- §5.1: integers ----

broken("§5.1: an integer that overflows", BLOCK + b"\xff" + b"\xff" * 9 + b"\x7f")
broken("§5.1: an integer of 2^64", BLOCK + b"\xff\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01")
broken("§5.1: an integer without an end", BLOCK + b"\xff\x80\x80")
broken("§5.1: an integer of nothing but continuation", BLOCK + b"\xff" + b"\x80" * 100 + b"\x00")
broken("§5.1: a length that overflows", BLOCK + b"\x00\x7f" + b"\xff" * 9 + b"\x7f")

# ---- §5.2: strings ----

broken("§5.2: a string longer than its block", BLOCK + b"\x00\x05abc")
broken("§5.2: a value that is missing", BLOCK + b"\x00" + string(b"x"))
broken("§5.2: a literal of nothing", BLOCK + b"\x40")
broken("§4.1: a block that ends in a string", BLOCK[:-1])
HUFFMAN_A = b"\x1f"  # 'a' is 00011, then the padding 111
right("§5.2: a Huffman-coded value is decoded", BLOCK + b"\x00" + string(b"x") + b"\x81" + HUFFMAN_A)
right("§5.2: a Huffman-coded name is decoded", BLOCK + b"\x00\x81" + HUFFMAN_A + string(b"x"))
right("§5.2: an empty Huffman-coded value is empty", BLOCK + b"\x00" + string(b"x") + b"\x80")
broken("§5.2: padding of 8 bits", BLOCK + b"\x00" + string(b"x") + b"\x82" + HUFFMAN_A + b"\xff")
broken("§5.2: a string that is padding alone", BLOCK + b"\x00" + string(b"x") + b"\x81\xff")
broken("§5.2: padding of zeros", BLOCK + b"\x00" + string(b"x") + b"\x81\x18")
broken("§5.2: EOS within a string", BLOCK + b"\x00" + string(b"x") + b"\x84\xff\xff\xff\xff")
broken("§5.2: EOS behind a character", BLOCK + b"\x00" + string(b"x") + b"\x85\x1f\xff\xff\xff\xff")


@case("RFC 7541 §5.2: every byte that may stand in a value is decoded from its Huffman code")
def _(connect):
    text = bytes(c for c in range(0x21, 0x7f))
    with connect() as client:
        coded = hpack.Encoder().encode([(b"x-all", text)], huffman=True)
        client.send(headers(1, block(LIST) + coded))
        client.expect(status(200))
        assert client.stream(1).body == b"x-all: " + text + b"\n", client.stream(1).body


@case("RFC 7541 §5.2: strings of any length are taken, as they are and Huffman-coded")
def _(connect):
    with connect() as client:
        for i, n in enumerate((0, 1, 126, 127, 128, 254, 255, 256, 4000, 10000)):
            for j, huffman in enumerate((False, True)):
                number, text = 1 + 4 * i + 2 * j, b"v" * n
                coded = hpack.Encoder().encode([hpack.NeverIndexedHeaderTuple(b"x", text)], huffman=huffman)
                client.send(headers(number, block(LIST) + coded))
                assert client.outcome(number) == ("status", 200)
                assert client.stream(number).body == b"x: " + text + b"\n", (n, huffman)


# ---- §2.3.2, §4: the dynamic table across requests ----


def listed(client, number, coded):
    client.send(headers(number, block(LIST) + coded))
    assert client.outcome(number) == ("status", 200), client.outcome(number)
    return client.stream(number).body


@case("RFC 7541 §2.3.2: entries are known to later requests, the newest first")
def _(connect):
    with connect() as client:
        listed(client, 1, literal(b"a", b"1", 0x40) + literal(b"b", b"2", 0x40))
        assert listed(client, 3, indexed(62) + indexed(63)) == b"b: 2\na: 1\n"
        assert listed(client, 5, integer(63, 6, 0x40) + string(b"3") + indexed(62)) == b"a: 3\na: 3\n"
        assert listed(client, 7, indexed(63) + indexed(64)) == b"b: 2\na: 1\n"


@case("RFC 7541 §4.4: old entries make room for new ones")
def _(connect):
    with connect() as client:
        value = b"v" * (1024 - 32 - 1)  # four entries fill the table
        for i, name in enumerate((b"a", b"b", b"c", b"d", b"e")):
            listed(client, 1 + 2 * i, literal(name, value, 0x40))
        assert listed(client, 11, indexed(65)).startswith(b"b: v")
        client.send(headers(13, block(LIST) + indexed(66)))
        client.expect(BAD, 13)


@case("RFC 7541 §4.4: an entry may name the one that it drives out")
def _(connect):
    with connect() as client:
        listed(client, 1, literal(b"name", b"v" * 4000, 0x40))
        assert listed(client, 3, integer(62, 6, 0x40) + string(b"w" * 4000)) == b"name: " + b"w" * 4000 + b"\n"
        assert listed(client, 5, indexed(62)).startswith(b"name: w")


@case("RFC 7541 §4.4: an entry larger than the table empties it, and is a field all the same")
def _(connect):
    with connect() as client:
        listed(client, 1, literal(b"a", b"1", 0x40))
        assert listed(client, 3, literal(b"big", b"v" * 4096, 0x40)) == b"big: " + b"v" * 4096 + b"\n"
        client.send(headers(5, block(LIST) + indexed(62)))
        client.expect(BAD, 5)


@case("RFC 7541 §4.3: a smaller size drives entries out, and a larger one does not bring them back")
def _(connect):
    with connect() as client:
        listed(client, 1, literal(b"a", b"1", 0x40))
        client.send(headers(3, table_size(0) + table_size(4096) + block(LIST) + indexed(62)))
        client.expect(BAD, 3)


@case("RFC 7541 §4.3: a table that is just large enough keeps its entry")
def _(connect):
    with connect() as client:
        client.send(headers(1, table_size(34) + block(LIST) + literal(b"a", b"1", 0x40)))
        assert client.outcome(1) == ("status", 200)
        assert listed(client, 3, indexed(62)) == b"a: 1\n"


@case("RFC 7541 §2.3.2: the same entry may stand in the table twice")
def _(connect):
    with connect() as client:
        listed(client, 1, literal(b"a", b"1", 0x40) * 2)
        assert listed(client, 3, indexed(62) + indexed(63)) == b"a: 1\n" * 2


def keeps_the_table(what, fields, allowed):
    """A request that is refused has entered its fields into the table all the same (RFC 9113 §4.3)."""
    def run(connect):
        with connect() as client:
            client.send(headers(1, block(fields) + literal(b"kept", b"1", 0x40)))
            got = client.outcome(1)
            assert got in allowed, got
            assert listed(client, 3, indexed(62)) == b"kept: 1\n"
    case(f"RFC 9113 §4.3: the header block of a request that is {what} is decoded to its end")(run)


keeps_the_table("malformed", request(b"GET", b"/", (b"X", b"y")), reset(PROTOCOL_ERROR))
keeps_the_table("too large", request(b"GET", b"/", *[(b"x", b"y" * 100)] * 120), status(431))
keeps_the_table("not found", request(b"GET", b"/nowhere"), status(404))


@case("RFC 9113 §4.3: the header blocks of trailers are decoded")
def _(connect):
    with connect() as client:
        client.send(post(), headers(1, literal(b"kept", b"1", 0x40)))
        assert client.outcome(1) == ("status", 200)
        assert listed(client, 3, indexed(62)) == b"kept: 1\n"


@case("RFC 9113 §4.3: a header block for a stream that the server has reset is decoded")
def _(connect):
    with connect() as client:
        client.send(post(1, (b"te", b"gzip")))
        assert client.outcome(1) == ("reset", PROTOCOL_ERROR)
        client.send(headers(1, literal(b"kept", b"1", 0x40)))
        client.send(headers(3, block(LIST) + indexed(62)))
        got = client.outcome(3)
        assert got in status(200) | goaway(STREAM_CLOSED, PROTOCOL_ERROR), got


@case("RFC 7541 §2.2: a block may be cut within an integer or a string")
def _(connect):
    coded = table_size(4000) + block(LIST) + literal(b"x", b"v" * 300, 0x40) + indexed(62)
    with connect() as client:
        client.send(window_update(0, 1 << 20))
        for cut in range(0, len(coded), 3):
            number = 1 + 2 * cut
            client.send(headers(number, coded[:cut], flags=0), frame(CONTINUATION, END_HEADERS, number, coded[cut:]))
            assert client.outcome(number) == ("status", 200), cut
            assert client.stream(number).body == b"x: " + b"v" * 300 + b"\nx: " + b"v" * 300 + b"\n"
