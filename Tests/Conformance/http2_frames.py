"""RFC 9113 §3 to §7: the preface, frames, stream states, settings and flow control."""

import struct

from http2_cases import case, row
from http2_wire import *  # noqa: F403: the vocabulary of the cases

PROTOCOL = goaway(PROTOCOL_ERROR)
SIZE = goaway(FRAME_SIZE_ERROR)
HEAD = request(b"HEAD")
BLOCK = block(request())

# ---- §3.4: the preface ----


@case("RFC 9113 §3.4: the server's first frame is SETTINGS")
def _(connect):
    with connect() as client:
        first = client.read()
        assert (first.type, first.flags, first.stream) == (SETTINGS, 0, 0), first
        assert len(first.payload) % 6 == 0


@case("RFC 9113 §3.4: a preface and a first request may come in one piece")
def _(connect):
    with connect(hello=PREFACE + settings() + get()) as client:
        client.expect(status(200))


@case("RFC 9113 §3.4: a preface cut anywhere is a preface")
def _(connect):
    whole = PREFACE + settings((MAX_FRAME_SIZE, 16384))
    for cut in range(1, len(whole)):
        with connect(hello=whole[:cut]) as client:
            client.send(whole[cut:] + ping())
            assert client.until(lambda: any(f.type == PING for f in client.frames)), cut


@case("RFC 9113 §3.4: half a preface and the end of the connection is the end")
def _(connect):
    for cut in (3, 10, 23):
        with connect(hello=PREFACE[:cut]) as client:
            client.end_input()
            client.expect_end()


@case("RFC 9113 §3.4: a broken preface ends the connection")
def _(connect):
    for at in (0, 5, 14, 18, 23):
        broken = bytearray(PREFACE)
        broken[at] ^= 0x20
        with connect(hello=bytes(broken) + settings()) as client:
            client.expect_end()


for name, first in {
    "PING": ping(), "HEADERS": get(), "WINDOW_UPDATE": window_update(0, 1), "an unknown frame": frame(0x42, 0, 0),
    "an acknowledgement of SETTINGS": frame(SETTINGS, ACK, 0), "GOAWAY": goaway_frame(), "DATA": data(1),
}.items():
    def first_frame(connect, first=first):
        with connect(hello=PREFACE + first + settings()) as client:
            client.expect(PROTOCOL | CLOSED)
    case(f"RFC 9113 §3.4: {name} before SETTINGS is PROTOCOL_ERROR")(first_frame)

row("RFC 9113 §3.4: a second preface is no frame", PREFACE, SIZE | PROTOCOL)

# ---- §4: frames ----

row("RFC 9113 §4.1: frames of unknown types are ignored",
    b"".join(frame(t, 0xff, s, b"?" * n) for t, s, n in ((0x0b, 0, 0), (0x42, 1, 9), (0xff, 7, 16384), (0x11, 0, 1))),
    IGNORED)
row("RFC 9113 §5.5: ALTSVC and ORIGIN from a client are ignored",
    frame(0x0a, 0, 0, b"\0\x01ah2=\":1\"") + frame(0x0c, 0, 0, b"\0\x08https://a"), IGNORED)
row("RFC 9113 §4.1: unknown flags of PING are ignored", frame(PING, 0xfe, 0, b"12345678"), IGNORED)
row("RFC 9113 §4.1: unknown flags of HEADERS are ignored", headers(1, request(), flags=END_HEADERS | 0xd2 & ~0x20),
    status(200))
row("RFC 9113 §4.1: unknown flags of DATA are ignored",
    post() + frame(DATA, 0xf6 | END_STREAM, 1, b"hello"), status(200))
row("RFC 9113 §4.1: unknown flags of SETTINGS are ignored", frame(SETTINGS, 0xfe, 0), IGNORED)
row("RFC 9113 §4.1: unknown flags of WINDOW_UPDATE are ignored", frame(WINDOW_UPDATE, 0xff, 0, b"\0\0\0\1"), IGNORED)
row("RFC 9113 §4.1: the reserved bit of HEADERS is ignored", headers(1 | 1 << 31, request()), status(200))
row("RFC 9113 §4.1: the reserved bit of DATA is ignored", post() + data(1 | 1 << 31, b"hello"), status(200))
row("RFC 9113 §4.1: the reserved bit of PING is ignored", frame(PING, 0, 1 << 31, b"12345678"), IGNORED)
row("RFC 9113 §6.9: the reserved bit of a window increment is ignored",
    frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 31 | 5)), IGNORED)
row("RFC 9113 §4.2: a frame of 16384 bytes is taken", post() + data(1, b"x" * 16384), status(200))
row("RFC 9113 §4.2: DATA beyond the maximum is FRAME_SIZE_ERROR", post() + data(1, b"x" * 16385),
    stream_or_connection(FRAME_SIZE_ERROR))
row("RFC 9113 §4.2: HEADERS beyond the maximum is FRAME_SIZE_ERROR on the connection",
    headers(1, BLOCK + literal(b"x", b"x" * 16384)), SIZE)
row("RFC 9113 §4.2: SETTINGS beyond the maximum is FRAME_SIZE_ERROR",
    settings(*[(0x4242, 1)] * 2731), SIZE)
row("RFC 9113 §4.2: an unknown frame beyond the maximum is FRAME_SIZE_ERROR", frame(0x42, 0, 0, b"x" * 16385), SIZE)
row("RFC 9113 §4.2: the length of a frame that is only announced is judged",
    frame(DATA, 0, 1, length=(1 << 24) - 1), SIZE)

# ---- §5.1: stream states ----

OPEN = post()  # the handler waits for content
STALLED = settings((INITIAL_WINDOW_SIZE, 0)) + get(1)  # half-closed (remote): the answer waits for a window

for name, sent in {"DATA": data(1), "RST_STREAM": rst_stream(1), "WINDOW_UPDATE": window_update(1, 1),
                   "CONTINUATION": frame(CONTINUATION, END_HEADERS, 1, BLOCK)}.items():
    row(f"RFC 9113 §5.1: {name} on an idle stream is PROTOCOL_ERROR", sent, PROTOCOL)
row("RFC 9113 §5.1: PRIORITY on an idle stream is ignored", priority(7), IGNORED)
row("RFC 9113 §5.1: DATA on an idle stream behind an open one is PROTOCOL_ERROR", OPEN + data(3), PROTOCOL)

row("RFC 9113 §5.1: DATA on a half-closed stream is STREAM_CLOSED", STALLED + data(1, b"x"),
    stream_or_connection(STREAM_CLOSED))
row("RFC 9113 §5.1: HEADERS on a half-closed stream is STREAM_CLOSED", STALLED + get(1),
    stream_or_connection(STREAM_CLOSED))
row("RFC 9113 §5.1: CONTINUATION on a half-closed stream is an error",
    STALLED + frame(CONTINUATION, END_HEADERS, 1, BLOCK), goaway(PROTOCOL_ERROR, STREAM_CLOSED))
row("RFC 9113 §5.1: PRIORITY and WINDOW_UPDATE on a half-closed stream are taken",
    STALLED + priority(1) + window_update(1, 100), status(200))


@case("RFC 9113 §5.1: RST_STREAM on a half-closed stream ends it")
def _(connect):
    with connect() as client:
        client.send(STALLED + rst_stream(1))
        assert client.usable()
        client.send(window_update(1, 1000), settings((INITIAL_WINDOW_SIZE, 1000)))
        assert client.usable() and client.stream(1).body == b"", "it was answered all the same"


def after_answer(sentence, sent, allowed, number=1):
    """A case of a stream that both sides have closed."""
    def run(connect):
        with connect() as client:
            client.send(get(number))
            assert client.outcome(number) == ("status", 200)
            client.stream(number).ended = False
            client.send(sent)
            client.expect(allowed, number)
    case(sentence)(run)


after_answer("RFC 9113 §6.1: DATA on a closed stream is STREAM_CLOSED", data(1, b"x"),
             stream_or_connection(STREAM_CLOSED))
after_answer("RFC 9113 §5.1: HEADERS on a closed stream is an error of the connection", get(1),
             goaway(STREAM_CLOSED, PROTOCOL_ERROR))
after_answer("RFC 9113 §6.10: CONTINUATION on a closed stream is PROTOCOL_ERROR",
             frame(CONTINUATION, END_HEADERS, 1, BLOCK), goaway(PROTOCOL_ERROR, STREAM_CLOSED))
after_answer("RFC 9113 §5.1: WINDOW_UPDATE on a closed stream is ignored", window_update(1, 1), IGNORED)
after_answer("RFC 9113 §5.1: RST_STREAM on a closed stream is ignored", rst_stream(1), IGNORED)
after_answer("RFC 9113 §5.1: PRIORITY on a closed stream is ignored", priority(1), IGNORED)
after_answer("RFC 9113 §5.1.1: a lower stream than the last is PROTOCOL_ERROR", get(3),
             goaway(PROTOCOL_ERROR, STREAM_CLOSED), number=5)
after_answer("RFC 9113 §5.1.1: a stream that was skipped is closed: DATA is an error", data(3, b"x"),
             stream_or_connection(STREAM_CLOSED), number=5)


@case("RFC 9113 §5.1: DATA on a stream that the client has reset is STREAM_CLOSED")
def _(connect):
    with connect() as client:
        client.send(OPEN, rst_stream(1), data(1, b"x"))
        client.expect(stream_or_connection(STREAM_CLOSED))


row("RFC 9113 §5.1: HEADERS on a stream that the client has reset is an error of the connection",
    OPEN + rst_stream(1) + get(1), goaway(STREAM_CLOSED, PROTOCOL_ERROR))


@case("RFC 9113 §5.1: frames for a stream that the server has reset are dropped")
def _(connect):
    with connect() as client:
        client.send(post(1, (b"te", b"gzip")))
        client.expect(reset(PROTOCOL_ERROR))
        client.send(data(1, b"x" * 100, end=False), window_update(1, 5), priority(1), rst_stream(1))
        assert client.usable(), "what was under way when the stream was reset is no error of the connection"


@case("RFC 9113 §5.1: DATA for a stream that the server has reset counts in the connection's window")
def _(connect):
    with connect() as client:
        client.send(post(1, (b"te", b"gzip")))
        client.expect(reset(PROTOCOL_ERROR))
        for _ in range(100):
            client.send(data(1, b"x" * 16000, end=False))
            assert client.usable()


row("RFC 9113 §5.1.1: an even stream is PROTOCOL_ERROR", get(2), PROTOCOL, number=2)
row("RFC 9113 §5.1.1: streams may be skipped", get(1) + get(99), status(200), number=99)


@case("RFC 9113 §5.1.1: the highest stream is a stream, and nothing follows it")
def _(connect):
    with connect() as client:
        client.send(get(WINDOW_MAX))
        assert client.outcome(WINDOW_MAX) == ("status", 200)


@case("RFC 9113 §5.1.2: a stream beyond the limit is refused, and those before it live on")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 0))) as client:
        client.read()  # the limit is known and acknowledged
        pairs = client.frames[0].payload
        limits = dict(struct.unpack(">HI", pairs[i:i + 6]) for i in range(0, len(pairs), 6))
        limit = limits[MAX_CONCURRENT_STREAMS]
        client.send(*[get(1 + 2 * i) for i in range(limit + 1)])
        got = client.outcome(1 + 2 * limit)
        assert got in stream_or_connection(REFUSED_STREAM, PROTOCOL_ERROR), got
        if got[0] == "reset":
            client.send(settings((INITIAL_WINDOW_SIZE, 1000)))
            assert client.outcome(1) == ("status", 200) and client.outcome(2 * limit - 1) == ("status", 200)


row("RFC 9113 §5.4.1: GOAWAY names the last stream that was taken", get(1) + frame(PING, 0, 5, b"12345678"), PROTOCOL)

# ---- §6.1: DATA ----

row("RFC 9113 §6.1: DATA on stream 0 is PROTOCOL_ERROR", data(0, b"x"), PROTOCOL)
row("RFC 9113 §6.1: padding as long as the payload is PROTOCOL_ERROR",
    OPEN + frame(DATA, PADDED, 1, b"\x06hello"), PROTOCOL)
row("RFC 9113 §6.1: padding longer than the payload is PROTOCOL_ERROR",
    OPEN + frame(DATA, PADDED, 1, b"\xffhello"), PROTOCOL)
row("RFC 9113 §6.1: padded DATA without a pad length is an error", OPEN + frame(DATA, PADDED, 1),
    goaway(PROTOCOL_ERROR, FRAME_SIZE_ERROR))


def echoed(sentence, *frames):
    """DATA frames whose content is b"hello"."""
    def run(connect):
        with connect() as client:
            client.send(OPEN, *frames)
            client.expect(status(200))
            assert client.stream(1).body == b"hello", client.stream(1).body
    case(sentence)(run)


echoed("RFC 9113 §6.1: padding is taken off", frame(DATA, PADDED | END_STREAM, 1, b"\x03hello\0\0\0"))
echoed("RFC 9113 §6.1: no padding is padding of length 0", frame(DATA, PADDED | END_STREAM, 1, b"\x00hello"))
echoed("RFC 9113 §6.1: DATA may be all padding", data(1, b"hello", end=False),
       frame(DATA, PADDED | END_STREAM, 1, b"\xff" + b"\0" * 255))
echoed("RFC 9113 §6.1: content may come byte by byte", *[data(1, b"%c" % c, end=False) for c in b"hello"], data(1))
echoed("RFC 9113 §6.1: empty DATA frames between are allowed",
    data(1, end=False), data(1, b"hello", end=False), data(1))

# ---- §6.2: HEADERS, §6.10: CONTINUATION ----

row("RFC 9113 §6.2: HEADERS on stream 0 is PROTOCOL_ERROR", get(0), PROTOCOL)
row("RFC 9113 §6.2: padding is taken off a header block",
    frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\x03" + BLOCK + b"\0\0\0"), status(200))
row("RFC 9113 §6.2: padding longer than a header block is PROTOCOL_ERROR",
    frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, bytes([len(BLOCK) + 1]) + BLOCK), PROTOCOL)
row("RFC 9113 §6.2: padded HEADERS without a pad length is an error",
    frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1), goaway(PROTOCOL_ERROR, FRAME_SIZE_ERROR))
row("RFC 9113 §6.2: the deprecated priority fields are taken off",
    frame(HEADERS, END_HEADERS | END_STREAM | HAS_PRIORITY, 1, b"\0\0\0\0\x0f" + BLOCK), status(200))
row("RFC 9113 §6.2: priority fields and padding stand together",
    frame(HEADERS, END_HEADERS | END_STREAM | HAS_PRIORITY | PADDED, 1, b"\x02\x80\0\0\0\xff" + BLOCK + b"\0\0"),
    status(200))
row("RFC 9113 §6.2: priority fields cut short are an error",
    frame(HEADERS, END_HEADERS | END_STREAM | HAS_PRIORITY, 1, b"\0\0\0"), goaway(PROTOCOL_ERROR, FRAME_SIZE_ERROR))
row("RFC 9113 §4.3: an empty header block is a malformed request",
    headers(1, b""), stream_or_connection(PROTOCOL_ERROR))

for name, between in {
    "DATA": data(1), "HEADERS of another stream": get(3), "PING": ping(), "SETTINGS": settings(),
    "PRIORITY": priority(1), "RST_STREAM": rst_stream(1), "WINDOW_UPDATE": window_update(0, 1),
    "an unknown frame": frame(0x42, 0, 0), "GOAWAY": goaway_frame(), "PRIORITY_UPDATE": frame(PRIORITY_UPDATE, 0, 0,
    b"\0\0\0\1u=1"),
    "CONTINUATION of another stream": frame(CONTINUATION, END_HEADERS, 3, BLOCK[9:]),
    "CONTINUATION of stream 0": frame(CONTINUATION, END_HEADERS, 0, BLOCK[9:]),
}.items():
    row(f"RFC 9113 §6.2: {name} within a header block is PROTOCOL_ERROR",
        headers(1, BLOCK[:9], flags=0) + between + frame(CONTINUATION, END_HEADERS, 1, BLOCK[9:]), PROTOCOL)
row("RFC 9113 §6.10: CONTINUATION on stream 0 is PROTOCOL_ERROR", frame(CONTINUATION, END_HEADERS, 0, BLOCK), PROTOCOL)
row("RFC 9113 §6.10: CONTINUATION after a complete header block is PROTOCOL_ERROR",
    post() + frame(CONTINUATION, END_HEADERS, 1, BLOCK), PROTOCOL)
row("RFC 9113 §6.10: CONTINUATION after DATA is PROTOCOL_ERROR",
    post() + data(1, b"x", end=False) + frame(CONTINUATION, END_HEADERS, 1, BLOCK), PROTOCOL)
row("RFC 9113 §6.10: empty CONTINUATION frames are allowed",
    headers(1, b"", flags=0) + frame(CONTINUATION, 0, 1) + frame(CONTINUATION, END_HEADERS, 1, BLOCK), status(200))
row("RFC 9113 §6.10: flags other than END_HEADERS mean nothing on CONTINUATION",
    headers(1, BLOCK[:9], flags=0, end=False) + frame(CONTINUATION, END_HEADERS | END_STREAM | PADDED, 1,
    BLOCK[9:]) + data(1),
    status(200))


@case("RFC 9113 §4.3: a header block may be cut into frames anywhere")
def _(connect):
    with connect() as client:
        for cut in range(len(BLOCK) + 1):
            number = 1 + 2 * cut
            client.send(headers(number, BLOCK[:cut], flags=0), frame(CONTINUATION, END_HEADERS, number, BLOCK[cut:]))
            assert client.outcome(number) == ("status", 200), cut


# ---- §6.3: PRIORITY; RFC 9218: PRIORITY_UPDATE ----

row("RFC 9113 §6.3: PRIORITY on stream 0 is PROTOCOL_ERROR", priority(0), PROTOCOL)
row("RFC 9113 §6.3: PRIORITY of 4 bytes is FRAME_SIZE_ERROR", frame(PRIORITY, 0, 1, b"\0" * 4),
    stream_or_connection(FRAME_SIZE_ERROR))
row("RFC 9113 §6.3: PRIORITY of 6 bytes is FRAME_SIZE_ERROR", frame(PRIORITY, 0, 1, b"\0" * 6),
    stream_or_connection(FRAME_SIZE_ERROR))
row("RFC 9113 §5.3.2: PRIORITY of an open stream changes nothing",
    OPEN + priority(1, 3, 255) + data(1, b"x"), status(200))
row("RFC 9218 §7.1: PRIORITY_UPDATE before and during its stream is taken",
    frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\1u=0") + OPEN + frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\1u=7, i") + data(1,
    b"x"),
    status(200))
row("RFC 9218 §4: a priority that cannot be parsed is ignored",
    OPEN + frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\1u=\xff;;,") + data(1, b"x"), status(200))
row("RFC 9218 §7.1: PRIORITY_UPDATE on a stream is PROTOCOL_ERROR",
    OPEN + frame(PRIORITY_UPDATE, 0, 1, b"\0\0\0\1u=1"), PROTOCOL)
row("RFC 9218 §7.1: PRIORITY_UPDATE for stream 0 is PROTOCOL_ERROR",
    frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\0u=1"), PROTOCOL)
row("RFC 9218 §7.1: PRIORITY_UPDATE of 3 bytes is FRAME_SIZE_ERROR", frame(PRIORITY_UPDATE, 0, 0, b"\0\0\1"), SIZE)
after_answer("RFC 9218 §7.1: PRIORITY_UPDATE for a closed stream is ignored",
             frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\1u=1"), IGNORED)
row("RFC 9218 §5: a Priority field that cannot be parsed is ignored",
    get(1, b"/plaintext", (b"priority", b"u=,=,")), status(200))

# ---- §6.4: RST_STREAM ----

row("RFC 9113 §6.4: RST_STREAM on stream 0 is PROTOCOL_ERROR", rst_stream(0), PROTOCOL)
row("RFC 9113 §6.4: RST_STREAM of 3 bytes is FRAME_SIZE_ERROR", OPEN + frame(RST_STREAM, 0, 1, b"\0\0\0"), SIZE)
row("RFC 9113 §6.4: RST_STREAM of 5 bytes is FRAME_SIZE_ERROR", OPEN + frame(RST_STREAM, 0, 1, b"\0\0\0\0\0"), SIZE)
row("RFC 9113 §7: an unknown error code is no special case", OPEN + rst_stream(1, 0x4242), IGNORED)

# ---- §6.5: SETTINGS ----


@case("RFC 9113 §6.5.3: each SETTINGS is acknowledged")
def _(connect):
    with connect() as client:
        client.send(settings() * 5 + settings((MAX_FRAME_SIZE, 20000)))
        client.until(lambda: sum(f.type == SETTINGS and f.flags & ACK for f in client.frames) == 7)
        assert all(f.payload == b"" and f.stream == 0 for f in client.frames if f.type == SETTINGS and f.flags & ACK)


row("RFC 9113 §6.5: an acknowledgement with a payload is FRAME_SIZE_ERROR",
    frame(SETTINGS, ACK, 0, b"\0\4\0\0\0\1"), SIZE)
row("RFC 9113 §6.5: SETTINGS on a stream is PROTOCOL_ERROR", frame(SETTINGS, 0, 1), PROTOCOL)
row("RFC 9113 §6.5: SETTINGS of 5 bytes is FRAME_SIZE_ERROR", frame(SETTINGS, 0, 0, b"\0\4\0\0\0"), SIZE)
row("RFC 9113 §6.5: SETTINGS of 7 bytes is FRAME_SIZE_ERROR", frame(SETTINGS, 0, 0, b"\0\4\0\0\0\1\0"), SIZE)
row("RFC 9113 §6.5.2: unknown settings are ignored", settings((0, 1), (0x4242, 7), (0xffff, 2**32 - 1)), IGNORED)
for value, allowed in ((0, IGNORED), (1, IGNORED), (2, PROTOCOL), (2**32 - 1, PROTOCOL)):
    row(f"RFC 9113 §6.5.2: ENABLE_PUSH of {value}", settings((ENABLE_PUSH, value)), allowed)
for value, allowed in ((0, IGNORED), (WINDOW_MAX, IGNORED), (2**31, goaway(FLOW_CONTROL_ERROR)),
                       (2**32 - 1, goaway(FLOW_CONTROL_ERROR))):
    row(f"RFC 9113 §6.5.2: INITIAL_WINDOW_SIZE of {value}", settings((INITIAL_WINDOW_SIZE, value)), allowed)
for value, allowed in ((16383, PROTOCOL), (0, PROTOCOL), (16384, IGNORED), (2**24 - 1, IGNORED), (2**24, PROTOCOL)):
    row(f"RFC 9113 §6.5.2: MAX_FRAME_SIZE of {value}", settings((MAX_FRAME_SIZE, value)), allowed)
for value, allowed in ((0, IGNORED), (1, IGNORED), (2, PROTOCOL)):
    row(f"RFC 8441 §3: ENABLE_CONNECT_PROTOCOL of {value}", settings((ENABLE_CONNECT_PROTOCOL, value)), allowed)
row("RFC 9218 §2.1: NO_RFC7540_PRIORITIES of 2 is PROTOCOL_ERROR", settings((NO_RFC7540_PRIORITIES, 2)), PROTOCOL)
row("RFC 9113 §6.5.2: limits on what a server never sends are taken",
    settings((MAX_CONCURRENT_STREAMS, 0), (MAX_HEADER_LIST_SIZE, 2**32 - 1)) + get(), status(200))


@case("RFC 9113 §6.5.3: an acknowledgement of nothing is passed over, or PROTOCOL_ERROR")
def _(connect):
    with connect() as client:
        client.send(frame(SETTINGS, ACK, 0) * 3)
        assert client.usable() or client.error == PROTOCOL_ERROR


@case("RFC 9113 §6.5.3: of one setting twice in a frame the last counts")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 5), (INITIAL_WINDOW_SIZE, 3))) as client:
        client.send(get())
        client.quiet()
        assert client.stream(1).body == b"Hel", client.stream(1).body


@case("RFC 7541 §4.2: a header table of no size is told of and used")
def _(connect):
    with connect(hello=PREFACE + settings((HEADER_TABLE_SIZE, 0))) as client:
        client.decoder.max_allowed_table_size = 0
        for number in (1, 3, 5):
            client.send(get(number))
            assert client.outcome(number) == ("status", 200)


@case("RFC 9113 §6.5.2: the server keeps to the client's MAX_FRAME_SIZE")
def _(connect):
    for hello, most in ((settings(), 16384), (settings((MAX_FRAME_SIZE, 20000)), 20000)):
        with connect(hello=PREFACE + hello + window_update(0, 200000)) as client:
            client.send(settings((INITIAL_WINDOW_SIZE, 200000)), get(1, b"/bytes/100000"))
            client.expect(status(200))
            assert len(client.stream(1).body) == 100000
            assert max(len(f.payload) for f in client.frames) <= most


# ---- §6.6 to §6.8: PUSH_PROMISE, PING, GOAWAY ----

row("RFC 9113 §8.4: PUSH_PROMISE from a client is PROTOCOL_ERROR",
    OPEN + frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + BLOCK), PROTOCOL)
row("RFC 9113 §6.6: PUSH_PROMISE on stream 0 is PROTOCOL_ERROR",
    frame(PUSH_PROMISE, END_HEADERS, 0, b"\0\0\0\2" + BLOCK), PROTOCOL)


@case("RFC 9113 §6.7: PING is answered with its payload")
def _(connect):
    with connect() as client:
        for payload in (b"\0" * 8, b"12345678", b"\xff" * 8):
            client.send(ping(payload))
            client.until(lambda: Frame(PING, ACK, 0, payload) in client.frames)


row("RFC 9113 §6.7: PING of 7 bytes is FRAME_SIZE_ERROR", ping(b"1234567"), SIZE)
row("RFC 9113 §6.7: PING of 9 bytes is FRAME_SIZE_ERROR", ping(b"123456789"), SIZE)
row("RFC 9113 §6.7: PING of no bytes is FRAME_SIZE_ERROR", ping(b""), SIZE)
row("RFC 9113 §6.7: an acknowledgement of the wrong size is FRAME_SIZE_ERROR", frame(PING, ACK, 0, b"1"), SIZE)
row("RFC 9113 §6.7: PING on a stream is PROTOCOL_ERROR", frame(PING, 0, 1, b"12345678"), PROTOCOL)


@case("RFC 9113 §6.7: an acknowledgement of PING is not answered")
def _(connect):
    with connect() as client:
        client.send(frame(PING, ACK, 0, b"12345678"))
        assert client.usable() and not any(f.type == PING for f in client.frames)


row("RFC 9113 §6.8: GOAWAY on a stream is PROTOCOL_ERROR", OPEN + frame(GOAWAY, 0, 1, b"\0" * 8), PROTOCOL)
row("RFC 9113 §4.2: GOAWAY of 7 bytes is FRAME_SIZE_ERROR", frame(GOAWAY, 0, 0, b"\0" * 7), SIZE)


@case("RFC 9113 §6.8: after a client's GOAWAY its streams are finished, then the connection ends")
def _(connect):
    with connect() as client:
        client.send(OPEN, goaway_frame(debug=b"bye"), data(1, b"hello"))
        assert client.outcome(1) == ("status", 200) and client.stream(1).body == b"hello"
        client.expect_end()


# ---- §6.9: flow control ----

row("RFC 9113 §6.9: a WINDOW_UPDATE of 0 on the connection is PROTOCOL_ERROR", window_update(0, 0), PROTOCOL)
row("RFC 9113 §6.9: a WINDOW_UPDATE of 0 on a stream is PROTOCOL_ERROR on the stream", OPEN + window_update(1, 0),
    stream_or_connection(PROTOCOL_ERROR))
row("RFC 9113 §6.9: WINDOW_UPDATE of 3 bytes is FRAME_SIZE_ERROR", frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), SIZE)
row("RFC 9113 §6.9: WINDOW_UPDATE of 5 bytes is FRAME_SIZE_ERROR", frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0\1"), SIZE)
row("RFC 9113 §6.9.1: a WINDOW_UPDATE that overflows the connection's window is FLOW_CONTROL_ERROR",
    window_update(0, WINDOW_MAX), goaway(FLOW_CONTROL_ERROR))
row("RFC 9113 §6.9.1: a WINDOW_UPDATE that overflows a stream's window is FLOW_CONTROL_ERROR on the stream",
    OPEN + window_update(1, WINDOW_MAX), stream_or_connection(FLOW_CONTROL_ERROR))
row("RFC 9113 §6.9.1: windows may be opened to the last byte",
    OPEN + window_update(1, WINDOW_MAX - 65535) + window_update(0, WINDOW_MAX - 65535) + data(1, b"x"), status(200))
row("RFC 9113 §6.9.2: SETTINGS that overflow an open stream's window are FLOW_CONTROL_ERROR on the connection",
    OPEN + window_update(1, 1 << 20) + settings((INITIAL_WINDOW_SIZE, WINDOW_MAX)), goaway(FLOW_CONTROL_ERROR))


@case("RFC 9113 §6.9: a stream sends as many bytes as its window has, one by one")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 0))) as client:
        client.send(get())
        client.until(lambda: client.stream(1).status)
        client.quiet(0.05)
        assert client.stream(1).body == b""
        for n in range(1, 14):
            client.send(window_update(1, 1))
            client.until(lambda: len(client.stream(1).body) == n)
            client.sync()
            assert len(client.stream(1).body) == n
        assert client.outcome(1) == ("status", 200)


@case("RFC 9113 §6.9: HEADERS needs no window")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 0))) as client:
        client.send(headers(1, HEAD), headers(3, request(b"OPTIONS")), get(5, b"/bytes/0"))
        assert client.outcome(1) == ("status", 200) and client.outcome(3) == ("status", 204)


@case("RFC 9113 §6.9.1: all streams together keep to the connection's window")
def _(connect):
    with connect() as client:
        numbers = (1, 3, 5)
        client.send(*[get(n, b"/bytes/60000") for n in numbers])
        total = lambda: sum(len(client.stream(n).body) for n in numbers)
        client.until(lambda: total() == 65535)
        client.quiet(0.05)
        assert total() == 65535, total()
        client.send(window_update(0, 1))
        client.until(lambda: total() == 65536)
        client.send(window_update(0, 1 << 20))
        assert all(client.outcome(n) == ("status", 200) for n in numbers) and total() == 180000


@case("RFC 9113 §6.9.2: a new initial window changes those of open streams, and may make them negative")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 100))) as client:
        body = lambda: len(client.stream(1).body)
        client.send(get(1, b"/bytes/1000"))
        client.until(lambda: body() == 100)
        client.send(settings((INITIAL_WINDOW_SIZE, 40)), window_update(1, 60))  # 100 sent of 100 allowed
        client.quiet(0.05)
        assert body() == 100, body()
        client.send(window_update(1, 1))
        client.until(lambda: body() == 101)
        client.send(settings((INITIAL_WINDOW_SIZE, 49)))
        client.until(lambda: body() == 110)
        client.send(settings((INITIAL_WINDOW_SIZE, 10000)))
        assert client.outcome(1) == ("status", 200) and body() == 1000


@case("RFC 9113 §6.9.2: a new initial window does not touch the connection's window")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 1 << 20))) as client:
        client.send(get(1, b"/bytes/100000"))
        client.until(lambda: len(client.stream(1).body) == 65535)
        client.quiet(0.05)
        assert len(client.stream(1).body) == 65535


@case("RFC 9113 §6.9.1: DATA beyond the window that the server gave is FLOW_CONTROL_ERROR")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 0))) as client:
        client.send(OPEN)
        client.until(lambda: client.stream(1).status)
        for _ in range(200):  # the handler cannot write, so it does not read
            client.send(data(1, b"x" * 16000, end=False))
        got = client.outcome(1)
        assert got in stream_or_connection(FLOW_CONTROL_ERROR), got


@case("RFC 9113 §6.1: padding counts in the windows, and is given back")
def _(connect):
    with connect() as client:
        client.send(OPEN)
        for _ in range(60):
            client.send(frame(DATA, PADDED, 1, b"\xffx" + b"\0" * 255) * 100)
            client.sync()
        client.send(data(1))
        client.expect(status(200))
        given = lambda n: sum(struct.unpack(">I", f.payload)[0] for f in client.frames
                              if f.type == WINDOW_UPDATE and f.stream == n)
        assert given(0) > 500000 and given(1) > 1000000, (given(0), given(1))


@case("RFC 9113 §6.9.1: content that nobody read goes back to the connection's window with its stream")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 0))) as client:
        for number in range(1, 25, 2):
            client.send(post(number))
            client.until(lambda: client.stream(number).status)
            client.send(*[data(number, b"x" * 16000, end=False)] * 12)  # more than the handler reads ahead
            client.send(rst_stream(number))
            client.sync()
        client.send(settings((INITIAL_WINDOW_SIZE, 1 << 20)), window_update(0, 1 << 20))
        client.send(post(101), *[data(101, b"x" * 16000, end=False)] * 16, data(101))
        client.expect(status(200), 101)
        assert len(client.stream(101).body) == 256000
