#!/usr/bin/env python3
"""The HTTP/1.1 behaviour table, held against Raw over real connections.

Each input is sent whole, in segments of three bytes, and byte by byte; the answer must be the same. After an answer
that closes, the connection must end; after one that does not, it must serve another request."""

import socket
import time

from service import Reader, Service, Suite, ends

suite = Suite()
raw = Service("raw", "--reactors", "1")

HOST = b"Host: localhost\r\n"
GET = b"GET /plaintext HTTP/1.1\r\n" + HOST


def get(*fields, target=b"/plaintext", version=b"HTTP/1.1", host=HOST):
    return b"GET " + target + b" " + version + b"\r\n" + host + b"".join(f + b"\r\n" for f in fields) + b"\r\n"


def post(*fields, body=b"", path=b"/echo", version=b"HTTP/1.1"):
    return b"POST " + path + b" " + version + b"\r\n" + HOST + b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


KEEP, CLOSE = "keep", "close"

# row of the table, what is sent, the status, what happens to the connection
TABLE = [
    (1, post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400, CLOSE),
    (1, post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: identity"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: chunked, gzip"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: chunked, identity"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: xchunked"), 400, CLOSE),
    (2, post(b"Transfer-Encoding:"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: \x0bchunked"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: \x0cchunked"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: chunked\x00"), 400, CLOSE),
    (2, post(b"Transfer-Encoding: \"chunked\""), 400, CLOSE),
    (2, post(b"Transfer-Encoding: gzip, chunked"), 501, CLOSE),
    (2, post(b"Transfer-Encoding: foo, chunked"), 501, CLOSE),
    (3, post(b"Transfer-Encoding: chunked, chunked"), 400, CLOSE),
    (3, post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400, CLOSE),
    (3, post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"), 400, CLOSE),
    (4, post(b"Transfer-Encoding: ,chunked"), 400, CLOSE),
    (4, post(b"Transfer-Encoding: chunked,"), 400, CLOSE),
    (5, post(b"Transfer-Encoding: chunked", version=b"HTTP/1.0", body=b"0\r\n\r\n"), 400, CLOSE),
    (6, post(b"Content-Length: 5", b"Content-Length: 6", body=b"hello"), 400, CLOSE),
    (6, post(b"Content-Length: 5, 6", body=b"hello"), 400, CLOSE),
    (7, post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"), 400, CLOSE),
    (7, post(b"Content-Length: 5, 5", body=b"hello"), 400, CLOSE),
    *[(8, post(b"Content-Length: " + v, body=b"hello"), 400, CLOSE)
      for v in (b"+5", b"-1", b"-0", b"0x5", b"5_0", b"5 5", b"", b"five", b"5.0", b"9223372036854775808",
                b"18446744073709551621", b"99999999999999999999", b"5,", b"\xb2")],
    (8, post(b"Content-Length: 0005", body=b"hello"), 200, KEEP),
    (8, post(b"Content-Length: 5", body=b"hello"), 200, KEEP),
    (8, post(b"Content-Length: \t 5 \t", body=b"hello"), 200, KEEP),
    (9, chunked(b"5\r\nhello\r\n0\r\n\r\n"), 200, KEEP),
    (9, chunked(b"A\r\nhellohello\r\n00\r\n\r\n"), 200, KEEP),
    (9, chunked(b"a\r\nhellohello\r\n0\r\n\r\n"), 200, KEEP),
    (13, chunked(b"5;name=value\r\nhello\r\n0\r\n\r\n"), 200, KEEP),
    (13, chunked(b"5;name=\"quo;\\\"ted\"\r\nhello\r\n0;last\r\n\r\n"), 200, KEEP),
    (35, chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n"), 200, KEEP),
    (11, b"GET /plaintext HTTP/1.1\nHost: localhost\n\n", 400, CLOSE),
    (11, b"GET /plaintext HTTP/1.1\r\nHost: localhost\n\r\n", 400, CLOSE),
    (11, b"GET /plaintext HTTP/1.1\nHost: localhost\r\n\r\n", 400, CLOSE),
    (11, GET + b"\n", 400, CLOSE),
    (12, get(b"X: a\rb"), 400, CLOSE),
    (12, b"GET /plaintext HTTP/1.1\rHost: localhost\r\n\r\n", 400, CLOSE),
    (12, b"GET /plain\rtext HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (14, get(b"X: a", b" b"), 400, CLOSE),
    (14, get(b"X: a", b"\tb"), 400, CLOSE),
    (15, get(b"X : a"), 400, CLOSE),
    (15, get(b"X\t: a"), 400, CLOSE),
    (16, b"GET /plaintext HTTP/1.1\r\n " + HOST + b"\r\n", 400, CLOSE),
    (16, b"GET /plaintext HTTP/1.1\r\n\t" + HOST + b"\r\n", 400, CLOSE),
    (17, get(b": a"), 400, CLOSE),
    (17, get(b"no colon"), 400, CLOSE),
    (17, get(b"nocolon"), 400, CLOSE),
    (17, get(b"X(): a"), 400, CLOSE),
    (17, get(b"X\x00: a"), 400, CLOSE),
    (17, get(b"X\x80: a"), 400, CLOSE),
    (18, get(b"X: a\x00b"), 400, CLOSE),
    (18, get(b"X: a\x01b"), 400, CLOSE),
    (18, get(b"X: a\x7fb"), 400, CLOSE),
    (18, get(b"X: a\tb"), 200, KEEP),
    (18, get(b"X: a\xffb"), 200, KEEP),
    (18, get(b"X:"), 200, KEEP),
    (19, get(host=b""), 400, CLOSE),
    (19, get(host=HOST + HOST), 400, CLOSE),
    *[(19, get(host=b"Host: " + v + b"\r\n"), 400, CLOSE)
      for v in (b"", b"user@localhost", b"localhost/path", b"a,b", b"a b", b"localhost:80a", b"localhost:-1",
                b"localhost:65536", b"[::1", b"http://localhost", b"a?b", b"a#b", b"a\\b")],
    *[(19, get(host=b"Host: " + v + b"\r\n"), 200, KEEP)
      for v in (b"localhost", b"localhost:8080", b"127.0.0.1:1", b"[::1]:8080", b"[::1]", b"a-b.example:", b"EXAMPLE")],
    (20, get(target=b"http://localhost/plaintext"), 200, KEEP),
    (20, get(target=b"HTTP://localhost/plaintext"), 200, KEEP),
    (20, get(target=b"http://localhost/plaintext?a=b"), 200, KEEP),
    (20, get(target=b"http://localhost"), 404, KEEP),
    (20, get(target=b"http://other/plaintext"), 400, CLOSE),
    (20, get(target=b"http://user@localhost/plaintext"), 400, CLOSE),
    (20, get(target=b"ftp://localhost/plaintext"), 400, CLOSE),
    (20, get(target=b"http:///plaintext"), 400, CLOSE),
    (21, b"CONNECT localhost:80 HTTP/1.1\r\n" + b"Host: localhost:80\r\n\r\n", 501, CLOSE),
    (21, b"CONNECT localhost HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (21, b"CONNECT localhost: HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (21, b"CONNECT /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (21, get(target=b"localhost:80"), 400, CLOSE),
    (22, get(target=b"*"), 400, CLOSE),
    (22, b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 204, KEEP),
    (23, get(target=b"/plaintext#a"), 400, CLOSE),
    (23, get(target=b"/plain text"), 400, CLOSE),
    (23, get(target=b"/plaintext\xc3\xa4"), 400, CLOSE),
    (23, get(target=b"/plain\x01text"), 400, CLOSE),
    (23, get(target=b"/plain\x7ftext"), 400, CLOSE),
    (23, get(target=b"plaintext"), 400, CLOSE),
    (24, b"GET  /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (24, b"GET /plaintext  HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (24, b"GET\t/plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    (24, b"GET /plaintext HTTP/1.1 \r\n" + HOST + b"\r\n", 400, CLOSE),
    (24, b" GET /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSE),
    *[(25, get(version=v), 400, CLOSE) for v in
      (b"HTTP/1", b"http/1.1", b"HTTP/01.1", b"HTTP/1.10", b"HTTP/1.a", b"HTTPS/1.1", b"HTTP /1.1", b"HTTP/1,1",
       b"1.1")],
    (25, get(version=b"HTTP/1.2"), 200, KEEP),
    (25, get(version=b"HTTP/1.0"), 200, CLOSE),
    (25, get(b"Connection: keep-alive", version=b"HTTP/1.0"), 200, KEEP),
    (25, get(version=b"HTTP/1.0", host=b""), 200, CLOSE),
    (25, get(version=b"HTTP/2.0"), 505, CLOSE),
    (25, get(version=b"HTTP/3.0"), 505, CLOSE),
    (25, get(version=b"HTTP/0.9"), 505, CLOSE),
    (26, b"GET /plaintext\r\n\r\n", 400, CLOSE),
    (26, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, CLOSE),
    (26, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, CLOSE),
    (26, b"\x00\x01\x02\x03", 400, CLOSE),
    (27, b"\r\n" + get(), 200, KEEP),
    (27, b"\r\n\r\n" + get(), 200, KEEP),
    (27, b"\r\n\r\n\r\n" + get(), 400, CLOSE),
    (27, b"\n" + get(), 400, CLOSE),
    (28, get(target=b"/" + b"a" * 8000), 404, KEEP),
    (28, get(target=b"/" + b"a" * 9000), 414, CLOSE),
    (28, b"M" * 100 + b" /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 501, CLOSE),
    (28, get(b"X: " + b"a" * 17000), 431, CLOSE),
    (28, get(b"X" * 17000 + b": a"), 431, CLOSE),
    (28, get(*[b"X: a"] * 99), 200, KEEP),
    (28, get(*[b"X: a"] * 100), 431, CLOSE),
    (29, b"BREW /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 501, KEEP),
    (29, b"get /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 501, KEEP),
    (29, b"QUERY /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 405, KEEP),
    (29, b"DELETE /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 405, KEEP),
    (31, post(b"Expect: 200-maybe", b"Content-Length: 5", body=b"hello"), 417, KEEP),
    (32, b"GET /plaintext HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", 200, KEEP),
    (32, b"GET /plaintext HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200,
     KEEP),
    (32, b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", 404, KEEP),
    (33, get(b"Upgrade: websocket", b"Connection: Upgrade"), 200, KEEP),
    (34, get(b"Connection: Host"), 400, CLOSE),
    (34, post(b"Connection: Content-Length", b"Content-Length: 5", body=b"hello"), 400, CLOSE),
    (34, get(b"Connection: close, Authorization"), 400, CLOSE),
    (34, get(b"Connection: TE, Keep-Alive"), 200, KEEP),
    (42, get(b"Connection: close"), 200, CLOSE),
    (42, get(b"Connection: foo, CLOSE"), 200, CLOSE),
    (42, get(b"Connection: keep-alive", b"Connection: close"), 200, CLOSE),
    (45, post(b"Content_Length: 5"), 200, KEEP),
    (46, get(target=b"/%70laintext"), 200, KEEP),
    (46, get(target=b"/a/../plaintext"), 200, KEEP),
    (46, get(target=b"/./plaintext"), 200, KEEP),
    (46, get(target=b"//plaintext"), 200, KEEP),
    (46, get(target=b"/%2e%2e/plaintext"), 400, CLOSE),
    (46, get(target=b"/../plaintext"), 400, CLOSE),
    *[(46, get(target=b"/plain" + v + b"text"), 400, CLOSE) for v in
      (b"%00", b"%0d%0a", b"%2f", b"%2F", b"%5c", b"\\", b"%", b"%4", b"%zz", b"%c0%af", b"%ff", b"%ed%a0%80")],
    (47, b"TRACE /plaintext HTTP/1.1\r\n" + HOST + b"\r\n", 405, KEEP),
]

# Chunked coding that is wrong. Raw's echo has begun its answer by then, so the message must be broken off; a route
# that buffers answers 400. Either way the connection ends.
BAD_CHUNKS = [
    b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"-1\r\nhello\r\n0\r\n\r\n", b"5_\r\nhello\r\n0\r\n\r\n",
    b"\r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"5\t\r\nhello\r\n0\r\n\r\n",
    b"10000000000000005\r\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n",
    b"5\r\nhello\r\nX", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello\r\n0\n\n",
    b"5\rhello\r\n0\r\n\r\n",
    b"5;\r\nhello\r\n0\r\n\r\n", b"5;a=\r\nhello\r\n0\r\n\r\n", b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    b"5;a\x00\r\nhello\r\n0\r\n\r\n",
    b"5;a=\"b\r\nhello\r\n0\r\n\r\n", b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX : a\r\n\r\n",
    b"5\r\nhello\r\n0\r\n X: a\r\n\r\n", b"5\r\nhello\r\n0\r\nX: a\x00\r\n\r\n", b"5\r\nhello\r\n0\r\nnocolon\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: " + b"a" * 9000 + b"\r\n\r\n", b"g\r\n", b"G\r\n",
]

SEGMENTS = {"whole": None, "by three": 3, "by one": 1}


def send(connection, data, size):
    try:
        if size is None or len(data) > 2000:
            connection.sendall(data)
            return
        for at in range(0, len(data), size):
            connection.sendall(data[at:at + size])
    except (BrokenPipeError, ConnectionResetError):
        pass  # the answer came before the input was out


def check(row, data, status, fate, size):
    with raw.connect() as connection:
        reader = Reader(connection)
        send(connection, data, size)
        head = data.startswith(b"HEAD")
        response = reader.response(head)
        assert response.status == status, f"got {response.status}: {response.body[:100]!r}"
        assert "date" in response.fields, "no Date"
        if fate == CLOSE:
            assert response.fields.get("connection") == "close", "no Connection: close"
            assert ends(connection), "the connection stays open"
        else:
            assert "close" not in response.fields.get("connection", ""), "Connection: close"
            connection.sendall(get())
            assert reader.response().status == 200, "the next request fails"


def add(row, data, status, fate):
    for name, size in SEGMENTS.items():
        def run():
            check(row, data, status, fate, size)
        run.__doc__ = f"row {row}, {name}: {data[:90]!r} gets {status} and {fate}s"
        suite.test(run)


for entry in TABLE:
    add(*entry)


def add_bad_chunk(body):
    def broken():
        with raw.connect() as connection:
            connection.sendall(chunked(body))
            got = Reader(connection).rest()
            assert b"\r\n0\r\n\r\n" not in got, f"a clean end: {got!r}"
    broken.__doc__ = f"rows 9 to 13: {body[:60]!r} never ends cleanly"
    suite.test(broken)

    def refused():
        with raw.connect() as connection:
            connection.sendall(post(b"Transfer-Encoding: chunked", body=body, path=b"/nowhere"))
            reader = Reader(connection)
            assert reader.response().status == 404
            assert ends(connection), "what follows a bad chunk was read as a request"
    refused.__doc__ = f"rows 9 to 13: {body[:60]!r} ends the connection when nobody reads the content"
    suite.test(refused)


for body in BAD_CHUNKS:
    add_bad_chunk(body)


@suite.test
def head_has_the_length_of_get_and_no_content():
    """row 36: HEAD has GET's fields and no content"""
    with raw.connect() as connection:
        reader = Reader(connection)
        connection.sendall(b"HEAD /plaintext HTTP/1.1\r\n" + HOST + b"\r\n" + get())
        assert reader.response(to_head=True).fields["content-length"] == "13"
        assert reader.response().body == b"Hello, World!"


@suite.test
def continue_is_sent_when_the_client_waits():
    """row 30: a waiting client gets 100, then the answer"""
    with raw.connect() as connection:
        reader = Reader(connection)
        connection.sendall(post(b"Expect: 100-continue", b"Content-Length: 5"))
        assert reader.response().status == 100
        connection.sendall(b"hello")
        response = reader.response()
        assert (response.status, response.body) == (200, b"hello")


@suite.test
def continue_is_not_sent_when_content_is_there():
    """row 30: no 100 when the content did not wait"""
    with raw.connect() as connection:
        connection.sendall(post(b"Expect: 100-continue", b"Content-Length: 5", body=b"hello"))
        assert Reader(connection).response().status == 200


@suite.test
def continue_is_not_sent_to_http_1_0():
    """row 30: no 100 to a 1.0 client"""
    with raw.connect() as connection:
        connection.sendall(post(b"Expect: 100-continue", b"Content-Length: 5", version=b"HTTP/1.0"))
        time.sleep(0.05)
        connection.sendall(b"hello")
        assert Reader(connection).response().status == 200


@suite.test
def final_status_comes_before_the_content():
    """row 30: 404 comes without reading the content, and the connection ends"""
    with raw.connect() as connection:
        reader = Reader(connection)
        connection.sendall(post(b"Expect: 100-continue", b"Content-Length: 5", path=b"/nowhere"))
        assert reader.response().status == 404
        assert ends(connection)


@suite.test
def too_large_content_is_refused_early():
    """413 comes before the content is sent"""
    with raw.connect() as connection:
        connection.sendall(post(b"Content-Length: 99999999999"))
        assert Reader(connection).response().status == 413
        assert ends(connection)


@suite.test
def long_unread_content_ends_the_connection():
    """row 32: content that is too long to skip ends the connection"""
    with raw.connect() as connection:
        connection.sendall(post(b"Content-Length: 1000000", path=b"/nowhere"))
        response = Reader(connection).response()
        assert (response.status, response.fields["connection"]) == (404, "close")
        assert ends(connection)


@suite.test
def incomplete_request_is_not_answered_as_complete():
    """row 39: content cut short is never handled"""
    with raw.connect() as connection:
        connection.sendall(post(b"Content-Length: 10", body=b"hello", path=b"/echo"))
        connection.shutdown(socket.SHUT_WR)
        got = Reader(connection).rest()
        assert not got.endswith(b"hello") or b"Content-Length: 10" in got, got


@suite.test
def half_closed_client_is_answered():
    """a client that ends its side after a whole request gets its answer"""
    with raw.connect() as connection:
        connection.sendall(get())
        connection.shutdown(socket.SHUT_WR)
        assert Reader(connection).rest().endswith(b"Hello, World!")


@suite.test
def pipelined_requests_are_answered_in_order():
    """row 42: 1 to 64 pipelined requests are answered in order, whatever their kind"""
    for count in (1, 2, 3, 16, 64, 200):
        with raw.connect() as connection:
            reader = Reader(connection)
            for i in range(count):
                content = post(b"Content-Length: 3", body=b"%03d" % i)
                connection.sendall(content if i % 3 else get(target=b"/bytes/%d" % i))
            for i in range(count):
                body = reader.response().body
                assert body == (b"%03d" % i if i % 3 else b"x" * i), (count, i, body)


@suite.test
def pipelined_answers_leave_together():
    """row 42: answers to requests that came together leave together"""
    with raw.connect() as connection:
        connection.sendall(get() * 16)
        time.sleep(0.2)
        got = connection.recv(65536)
        assert got.count(b"HTTP/1.1 200") == 16, got.count(b"HTTP/1.1 200")


@suite.test
def nothing_is_processed_after_close():
    """row 42: requests behind Connection: close are not answered"""
    with raw.connect() as connection:
        connection.sendall(get(b"Connection: close") + get())
        assert Reader(connection).rest().count(b"HTTP/1.1 ") == 1


@suite.test
def allow_names_the_methods():
    """row 29: 405 names what is allowed"""
    with raw.connect() as connection:
        connection.sendall(b"DELETE /plaintext HTTP/1.1\r\n" + HOST + b"\r\n")
        assert Reader(connection).response().fields["allow"] == "GET, HEAD, OPTIONS"


@suite.test
def streamed_answer_to_1_0_ends_with_the_connection():
    """row 38: an answer of unknown length to 1.0 has no chunks and ends with the connection"""
    with raw.connect() as connection:
        connection.sendall(post(b"Connection: keep-alive", b"Content-Length: 5", version=b"HTTP/1.0", body=b"hello"))
        response = Reader(connection).response()
        assert (response.body, response.fields.get("connection")) == (b"hello", "keep-alive")


suite.run()
