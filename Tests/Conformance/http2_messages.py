"""RFC 9113 §8: requests, whole and malformed, and their answers."""

from http2_cases import case, row
from http2_wire import *  # noqa: F403: the vocabulary of the cases

MALFORMED = reset(PROTOCOL_ERROR)
BASE = {b":method": b"GET", b":scheme": b"http", b":authority": b"localhost", b":path": b"/plaintext"}


def but(**changes):
    """The fields of a GET with some pseudo-fields changed, or left out when None."""
    changed = {f":{name}".encode(): value for name, value in changes.items()}
    return [(name, changed.get(name, value)) for name, value in BASE.items() if changed.get(name, value) is not None]


def malformed(what, fields, allowed=MALFORMED):
    row(what if what.startswith("RFC") else f"RFC 9113 {what}", headers(1, fields), allowed)


def with_field(name, value=b"a"):
    return request(b"GET", b"/plaintext", (name, value))


# ---- §8.2.1: field bytes ----

for name in (b"X-Upper", b"x-uppeR", b"x y", b"x\0y", b"x\ry", b"x\ny", b"x:y", b"x\x7fy", b"x\x80y", b"", b" x",
             b"x\t",
             b"x(", b"x\"", b"x\x1fy"):
    malformed(f"§8.2.1: the field name {name!r} is malformed", with_field(name))
for value in (b"a\0b", b"a\rb", b"a\nb", b"\0", b"\r\nx: y", b" a", b"a ", b"\ta", b"a\t", b" "):
    malformed(f"§8.2.1: the field value {value!r} is malformed", with_field(b"x", value))
for value in (b"", b"a b", b"a\tb", b"\x80\xff", b"~!@#$%^&*()"):
    malformed(f"§8.2.1: the field value {value!r} is taken", with_field(b"x", value), status(200))
malformed("§8.2.1: a control character in a value is not passed on",
    with_field(b"x", b"a\x01b"), MALFORMED | status(400))

# ---- §8.2.2: connection-specific fields ----

for name, value in ((b"connection", b"keep-alive"), (b"connection", b"close"), (b"keep-alive", b"1"), (b"upgrade",
                    b"h2c"),
                    (b"proxy-connection", b"keep-alive"), (b"transfer-encoding", b"chunked"), (b"te", b"gzip"),
                    (b"te", b"trailers, gzip")):
    malformed(f"§8.2.2: {name.decode()}: {value.decode()} is malformed", with_field(name, value))
malformed("§8.2.2: te: trailers is allowed", with_field(b"te", b"trailers"), status(200))

# ---- §8.3: pseudo-fields ----

for name in ("method", "scheme", "path"):
    malformed(f"§8.3.1: a request without :{name} is malformed", but(**{name: None}))
for name in ("method", "scheme", "authority", "path"):
    malformed(f"§8.3: :{name} twice is malformed", but() + [(f":{name}".encode(), BASE[f":{name}".encode()])])
malformed("§8.3: :scheme twice and no :path is malformed", but(path=None) + [(b":scheme", b"http")])
malformed("§8.3: an unknown pseudo-field is malformed", but() + [(b":foo", b"bar")])
malformed("§8.3: the pseudo-field ':' is malformed", but() + [(b":", b"bar")])
malformed("§8.3: :status in a request is malformed", but() + [(b":status", b"200")])
malformed("§8.3: a pseudo-field after a regular field is malformed",
    but(path=None) + [(b"x", b"y"), (b":path", b"/plaintext")])
malformed("§8.3: pseudo-fields may come in any order", list(reversed(but())), status(200))
malformed("§8.3.1: :method must not be empty", but(method=b""), MALFORMED | status(400))
malformed("§8.3.1: :method is a token", but(method=b"GE T"), MALFORMED | status(400, 501))
malformed("§8.3.1: :method is case-sensitive", but(method=b"get"), status(501))
malformed("RFC 9110 §15.6.2: an unknown method is 501", but(method=b"BREW"), status(501))
malformed("§8.3.1: an empty :path is malformed", but(path=b""))
for path in (b"plaintext", b"http://localhost/plaintext", b"?a=b", b"*x", b"**"):
    malformed(f"§8.3.1: the :path {path!r} is malformed", but(path=path), MALFORMED | status(400))
for path in (b"/plain text", b"/plain\x01text", b"/plain\x7ftext", b"/plain\xe4text", b"/plaintext#a", b"/a\\b",
             b"/%zz",
             b"/%2fplaintext", b"/%00", b"/../plaintext"):
    malformed(f"§8.3.1: the :path {path!r} is not in a URI", but(path=path), MALFORMED | status(400))
for path in (b"/plaintext?", b"/plaintext?a=b/c?d", b"/%70laintext", b"/a/../plaintext", b"/./plaintext",
             b"//plaintext"):
    malformed(f"§8.3.1: the :path {path!r} is that of /plaintext", but(path=path), status(200))
malformed("§8.3.1: :path * is for OPTIONS alone", but(path=b"*"), MALFORMED | status(400))
malformed("§8.3.1: OPTIONS * is answered", but(method=b"OPTIONS", path=b"*"), status(204))
malformed("§8.3.1: a request without :authority and Host is malformed", but(authority=None), MALFORMED | status(400))
malformed("§8.3.1: Host may stand for :authority", but(authority=None) + [(b"host", b"localhost")], status(200))
malformed("§8.3.1: Host may repeat :authority", but() + [(b"host", b"LOCALHOST")], status(200))
malformed("§8.3.1: Host must not differ from :authority", but() + [(b"host", b"other")], MALFORMED | status(400))
malformed("RFC 9110 §7.2: Host twice is malformed", but() + [(b"host", b"localhost")] * 2, MALFORMED | status(400))
for authority in (b"", b"user@localhost", b"local host", b"localhost/path", b"a,b c", b"localhost:80a", b"[::1",
                  b"a\\b"):
    malformed(f"§8.3.1: the :authority {authority!r} is malformed", but(authority=authority), MALFORMED | status(400))
for authority in (b"localhost:8080", b"[::1]:1", b"127.0.0.1", b"a-b.example"):
    malformed(f"§8.3.1: the :authority {authority.decode()} is taken", but(authority=authority), status(200))

# ---- §8.1: framing, §8.1.1: content-length ----


def upload(what, sent, allowed):
    row(f"RFC 9113 {what}", sent, allowed)


def sized(length, *frames):
    return post(1, (b"content-length", length)) + b"".join(frames)


HELLO = data(1, b"hello")
upload("§8.1.1: content-length and content may agree", sized(b"5", HELLO), status(200))
upload("§8.1.1: content-length 0 and an empty DATA frame agree", sized(b"0", data(1)), status(200))
upload("§8.1.1: less content than content-length is malformed", sized(b"6", HELLO), MALFORMED)
upload("§8.1.1: more content than content-length is malformed", sized(b"4", HELLO), MALFORMED)
upload("§8.1.1: more content is malformed before its end", sized(b"4", data(1, b"hello", end=False)), MALFORMED)
upload("§8.1.1: content-length without content is malformed",
       headers(1, request(b"POST", b"/echo", (b"content-length", b"5"))), MALFORMED)
upload("§8.1.1: content-length 0 without content is right",
       headers(1, request(b"POST", b"/echo", (b"content-length", b"0"))), status(200))
upload("§8.1.1: content that trailers cut short is malformed",
       sized(b"6", data(1, b"hello", end=False), headers(1, [(b"x", b"y")])), MALFORMED)
upload("§8.1.1: padding is no content",
       sized(b"5", frame(DATA, PADDED | END_STREAM, 1, b"\x04hello\0\0\0\0")), status(200))
for length in (b"+5", b"-1", b"5 5", b"0x5", b"", b"five", b"5,5", b"99999999999999999999", b"9223372036854775808"):
    upload(f"§8.1.1: the content-length {length!r} is malformed", sized(length, HELLO), MALFORMED | status(400))
upload("§8.1.1: content-length twice is malformed",
       post(1, (b"content-length", b"5"), (b"content-length", b"5")) + HELLO, MALFORMED | status(400))
upload("§8.1.1: two lengths are malformed",
       post(1, (b"content-length", b"5"), (b"content-length", b"6")) + HELLO, MALFORMED | status(400))
upload("§8.1: trailers end a request",
       post() + data(1, b"hello", end=False) + headers(1, [(b"x-sum", b"1")]), status(200))
upload("§8.1: trailers may come without content", post() + headers(1, [(b"x-sum", b"1")]), status(200))
upload("§8.1: trailers without END_STREAM are malformed",
       post() + data(1, b"hello", end=False) + headers(1, [(b"x-sum", b"1")], end=False), MALFORMED)
upload("§8.3: a pseudo-field in trailers is malformed",
       post() + data(1, b"hello", end=False) + headers(1, [(b":path", b"/plaintext")]), MALFORMED)
upload("§8.2.1: an uppercase name in trailers is malformed", post() + headers(1, [(b"X-Sum", b"1")]), MALFORMED)
upload("§8.2.2: a connection-specific field in trailers is malformed",
       post() + headers(1, [(b"connection", b"close")]), MALFORMED)
upload("§8.1: DATA after trailers is STREAM_CLOSED",
       settings((INITIAL_WINDOW_SIZE, 0)) + post() + data(1, b"x", end=False) + headers(1, [(b"x-sum", b"1")])
       + data(1), stream_or_connection(STREAM_CLOSED))


@case("RFC 9113 §8.1.1: what is malformed is not handled, and its connection serves on")
def _(connect):
    with connect() as client:
        for number in range(1, 60, 2):
            client.send(headers(number, with_field(b"X")))
            assert client.outcome(number) == ("reset", PROTOCOL_ERROR)
        assert client.ask().body == b"Hello, World!"


# ---- answers ----


@case("RFC 9113 §8.3.2: an answer has :status first, lower-case names and no connection-specific field")
def _(connect):
    with connect() as client:
        for path in (b"/plaintext", b"/nowhere", b"/bytes/10"):
            fields = client.ask(path).fields
            names = [name for name, _ in fields]
            assert names[0] == b":status" and names.count(b":status") == 1
            assert all(name == name.lower() for name in names)
            assert not {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade",
                b"proxy-connection"} & set(names)
            assert b"date" in names


@case("RFC 9110 §9.3.2: HEAD has GET's fields and no content, and HEADERS ends the stream")
def _(connect):
    with connect() as client:
        client.send(headers(1, request(b"HEAD")))
        assert client.outcome(1) == ("status", 200)
        assert client.stream(1).field(b"content-length") == b"13" and client.stream(1).body == b""
        assert not any(f.type == DATA for f in client.frames)


@case("RFC 9110 §15.3.5: 204 has no content and no content-length, and HEADERS ends the stream")
def _(connect):
    with connect() as client:
        client.send(headers(1, request(b"OPTIONS")))
        assert client.outcome(1) == ("status", 204)
        assert client.stream(1).field(b"content-length") is None
        assert client.stream(1).field(b"allow") == b"GET, HEAD, OPTIONS"
        assert not any(f.type == DATA for f in client.frames)


@case("RFC 9110 §15.5.6: 405 names what is allowed; 404 is a problem document")
def _(connect):
    with connect() as client:
        client.send(headers(1, request(b"DELETE")))
        assert client.outcome(1) == ("status", 405) and client.stream(1).field(b"allow") == b"GET, HEAD, OPTIONS"
        missing = client.ask(b"/nowhere")
        assert (missing.status, missing.field(b"content-type")) == (404, b"application/problem+json")


@case("RFC 9110 §10.1.1: a waiting client gets 100, then the answer")
def _(connect):
    with connect() as client:
        client.send(post(1, (b"expect", b"100-continue"), (b"content-length", b"5")))
        client.until(lambda: client.stream(1).interim)
        client.send(HELLO)
        client.expect(status(200))
        assert client.stream(1).interim == [100] and client.stream(1).body == b"hello"


@case("RFC 9110 §10.1.1: a final status comes instead of 100, and the upload is stopped")
def _(connect):
    with connect() as client:
        client.send(post(1, (b"expect", b"100-continue"), (b"content-length", b"5"), path=b"/nowhere"))
        client.expect(status(404))
        assert client.stream(1).interim == []
        client.until(lambda: client.stream(1).error is not None)
        assert client.stream(1).error == NO_ERROR, "RFC 9113 §8.1: RST_STREAM with NO_ERROR"


row("RFC 9110 §10.1.1: another expectation is 417", post(1, (b"expect", b"200-maybe")) + HELLO, status(417))
row("RFC 9110 §15.5.14: content-length beyond the limit is 413 at once", sized(b"99999999999"), status(413))
row("RFC 9110 §15.5.15: a target beyond 8 KiB is 414", get(1, b"/" + b"a" * 9000), status(414))
row("RFC 6585 §5: fields beyond 16 KiB are 431",
    headers(1, block(request()), flags=0) + frame(CONTINUATION, END_HEADERS, 1, literal(b"x", b"x" * 16300)),
    status(431))
row("RFC 6585 §5: 100 fields are taken", get(1, b"/plaintext", *[(b"x", b"y")] * 100), status(200))
row("RFC 6585 §5: 101 fields are 431", get(1, b"/plaintext", *[(b"x", b"y")] * 101), status(431))


@case("RFC 9113 §8.1: content that comes after a refusal is dropped without harm")
def _(connect):
    with connect() as client:
        client.send(post(1, path=b"/nowhere"))
        client.expect(status(404))
        client.send(data(1, b"x" * 1000, end=False), data(1, b"x"))
        assert client.usable()


@case("RFC 9113 §8.2.3: cookie crumbs become one field, in their order")
def _(connect):
    with connect() as client:
        crumbs = [(b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2; c=3"), (b"cookie", b""), (b"cookie", b"d=4")]
        client.send(get(1, b"/headers", *crumbs), get(3, b"/cookies", *crumbs), get(5, b"/headers", crumbs[0]))
        assert client.outcome(1) == ("status", 200)
        assert client.stream(1).body == b"cookie: a=1; b=2; c=3; ; d=4\nx: y\n", client.stream(1).body
        assert client.outcome(3) == ("status", 200) and client.stream(3).body == b"a=1\nb=2\nc=3\nd=4\n"
        assert client.outcome(5) == ("status", 200) and client.stream(5).body == b"cookie: a=1\n"


@case("RFC 9113 §8.2.3: crumbs count in the limits")
def _(connect):
    with connect() as client:
        client.send(get(1, b"/plaintext", *[(b"cookie", b"a=1")] * 101), get(3, b"/cookies", *[(b"cookie",
            b"a=1")] * 100))
        assert client.outcome(1) == ("status", 431)
        assert client.outcome(3) == ("status", 200) and client.stream(3).body == b"a=1\n" * 100


# ---- §8.5: CONNECT ----

CONNECT = [(b":method", b"CONNECT"), (b":authority", b"localhost:80")]
malformed("§8.5: CONNECT is answered: this is no tunnel", CONNECT, status(501))
malformed("§8.5: CONNECT with :path is malformed", CONNECT + [(b":path", b"/")])
malformed("§8.5: CONNECT with :scheme is malformed", CONNECT + [(b":scheme", b"http")])
malformed("§8.5: CONNECT without :authority is malformed", CONNECT[:1])
malformed("§8.5: CONNECT to no port is malformed",
    [CONNECT[0], (b":authority", b"localhost")], MALFORMED | status(400, 501))
malformed("RFC 8441 §5: extended CONNECT to what is no WebSocket is refused",
    but(method=b"CONNECT") + [(b":protocol", b"websocket")], status(501))
malformed("RFC 8441 §4: extended CONNECT to a protocol that is not known is refused",
    but(method=b"CONNECT") + [(b":protocol", b"connect-udp")], status(501))
malformed("RFC 8441 §4: :protocol is for CONNECT alone", but() + [(b":protocol", b"websocket")])
