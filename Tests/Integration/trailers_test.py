#!/usr/bin/env python3
"""Trailer fields of requests and responses: over raw connections, with h2, curl and nghttp."""

import re
import subprocess
import tempfile
import zlib

import h2.config
import h2.connection
import h2.events

from service import PATIENCE, Reader, Service, Suite, ends

suite = Suite()
raw = Service("raw", "--reactors", "1", "--h2c")
ADDRESS = f"http://127.0.0.1:{raw.port}"
ASKS = b"Connection: TE\r\nTE: trailers\r\n"


def post(trailers=b"", head=b"", content=b"5\r\nhello\r\n0\r\n", path=b"/trailers"):
    return (b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n" + content
            + trailers + b"\r\n")


def sums(body):
    return [f"X-Adler32: {zlib.adler32(body):08x}", f"X-Size: {len(body)}"]


def tell(*lines):
    return "".join(line + "\n" for line in lines).encode()


@suite.test
def pieces():
    """a trailer section is read however it is cut, and the connection goes on"""
    sent = post(b"X-Sum: 7\r\nX-Note: \t a b \r\nx-sum:8\r\n", ASKS)
    expected = tell("X-Sum: 7", "X-Note: a b", "x-sum: 8")
    with raw.connect() as connection:
        reader = Reader(connection)
        for size in (1, 2, 3, 7, len(sent)):
            for at in range(0, len(sent), size):
                connection.sendall(sent[at:at + size])
            response = reader.response()
            assert (response.status, response.body) == (200, expected), response.body
            assert response.fields["trailer"] == "X-Adler32, X-Size"
            assert response.trailers == sums(expected), response.trailers
            connection.sendall(post(head=ASKS))
            response = reader.response()
            assert (response.body, response.trailers) == (b"", sums(b"")), response.trailers


@suite.test
def pipelined():
    """requests with trailers may be pipelined, each has its own"""
    with raw.connect() as connection:
        connection.sendall(b"".join(post(b"X-N: %d\r\n" % n, ASKS if n % 2 else b"") for n in range(40)))
        reader = Reader(connection)
        for n in range(40):
            response = reader.response()
            body = tell(f"X-N: {n}")
            assert response.body == body, (n, response.body)
            assert response.trailers == (sums(body) if n % 2 else []), (n, response.trailers)
            assert ("trailer" in response.fields) == bool(n % 2)


@suite.test
def asked():
    """a client that did not ask gets none: TE counts with Connection: TE, and not for HTTP/1.0"""
    for head in (b"", b"TE: trailers\r\n", b"Connection: TE\r\n", b"Connection: TE\r\nTE: gzip\r\n",
                 b"Connection: TE\r\nTE: trailers;q=1\r\n"):
        with raw.connect() as connection:
            connection.sendall(post(b"X-Sum: 7\r\n", head))
            response = Reader(connection).response()
            assert (response.body, response.trailers) == (b"X-Sum: 7\n", []), (head, response.trailers)
            assert "trailer" not in response.fields
    with raw.connect() as connection:
        connection.sendall(b"POST /trailers HTTP/1.0\r\n" + ASKS + b"Content-Length: 5\r\n\r\nhello")
        got = Reader(connection).rest()
        assert got.endswith(b"\r\n\r\n") and b"Adler" not in got, got


@suite.test
def forbidden():
    """what frames, routes or authenticates is dropped, and never taken for a field of the head"""
    evil = (b"Content-Length: 9\r\nTransfer-Encoding: identity\r\nHost: evil\r\nAuthorization: Basic eDp5\r\n"
            b"Cookie: a=b\r\nConnection: close\r\nContent-Type: a/b\r\nX-Forwarded-For: 1.2.3.4\r\nX-Sum: 7\r\n")
    with raw.connect() as connection:
        reader = Reader(connection)
        connection.sendall(post(evil))
        assert reader.response().body == b"X-Sum: 7\n"
        connection.sendall(post(evil, path=b"/echo"))
        assert reader.response().body == b"hello"
        connection.sendall(b"GET /headers HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reader.response().body == b"Host: a\n"


@suite.test
def limits():
    """more than 100 lines or 8 KiB are 431 and end the connection"""
    for trailers, status in ((b"X: 1\r\n" * 100, 200), (b"X: 1\r\n" * 101, 431), (b"X: " + b"a" * 8000 + b"\r\n", 200),
                             (b"X: " + b"a" * 8200 + b"\r\n", 431)):
        with raw.connect() as connection:
            connection.sendall(post(trailers))
            response = Reader(connection).response()
            assert response.status == status, (len(trailers), response.status)
            if status != 200:
                assert ends(connection)


@suite.test
def coded():
    """trailers stand behind coded content, too"""
    content = zlib.compress(b"hello" * 1000)
    with raw.connect() as connection:
        connection.sendall(post(b"X-Sum: 7\r\n", ASKS + b"Content-Encoding: deflate\r\n",
                                b"%x\r\n%s\r\n0\r\n" % (len(content), content)))
        response = Reader(connection).response()
        assert (response.body, response.trailers) == (b"X-Sum: 7\n", sums(b"X-Sum: 7\n")), response.body


class Stream:
    """One exchange over HTTP/2 with what python's h2 makes of it."""

    def __init__(self, chunks, trailers, method="POST", path="/trailers"):
        self.head = self.trailers = self.reset = None
        self.body = b""
        peer = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        peer.initiate_connection()
        peer.send_headers(1, [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a")],
                          end_stream=not chunks and not trailers)
        for index, chunk in enumerate(chunks):
            peer.send_data(1, chunk, end_stream=not trailers and index + 1 == len(chunks))
        if trailers:
            peer.send_headers(1, trailers, end_stream=True)
        with raw.connect() as connection:
            connection.sendall(peer.data_to_send())
            while not self._over:
                data = connection.recv(65536)
                assert data, "the connection ended"
                for event in peer.receive_data(data):
                    self._take(event)
                connection.sendall(peer.data_to_send())

    _over = False

    def _take(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            self.head = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.body += event.data
        elif isinstance(event, h2.events.TrailersReceived):
            self.trailers = [f"{name}: {value}" for name, value in event.headers]
        elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
            self._over = True
            self.reset = getattr(event, "error_code", None)


def lower(lines):
    return [line.lower() for line in lines]


@suite.test
def http2():
    """over HTTP/2 trailers come and go in HEADERS frames, with content and without"""
    for chunks in ([], [b"hello"], [b"hello"] * 20):
        stream = Stream(chunks, [("x-sum", "7"), ("authorization", "Basic eDp5"), ("x-note", "a b"), ("x-sum", "8")])
        expected = tell("x-sum: 7", "x-note: a b", "x-sum: 8")
        assert (stream.head[":status"], stream.body) == ("200", expected), (stream.head, stream.body)
        assert stream.head["trailer"] == "X-Adler32, X-Size"
        assert stream.trailers == lower(sums(expected)), stream.trailers
    stream = Stream([b"hello"], None)
    assert (stream.body, stream.trailers) == (b"", lower(sums(b""))), stream.trailers


@suite.test
def http2_limits():
    """over HTTP/2 more than 100 lines or 8 KiB are 431"""
    for trailers, status in (([("x", "1")] * 100, "200"), ([("x", "1")] * 101, "431"), ([("x", "a" * 8200)], "431")):
        stream = Stream([b"hello"], trailers)
        assert stream.head[":status"] == status, (len(trailers), stream.head)


@suite.test
def with_curl():
    """curl shows the trailers of a response, over both versions"""
    for options in (["--http1.1", "-H", "TE: trailers", "-H", "Connection: TE"], ["--http2-prior-knowledge"]):
        with tempfile.NamedTemporaryFile() as head:
            done = subprocess.run(["curl", "-s", "-D", head.name, *options, "-d", "hello", f"{ADDRESS}/trailers"],
                                  capture_output=True, timeout=PATIENCE)
            got = head.read().decode().lower()
        assert (done.returncode, done.stdout) == (0, b""), done
        assert got.replace("\r", "").split("\n\n")[1].strip().split("\n") == lower(sums(b"")), got


@suite.test
def with_nghttp():
    """nghttp sends trailers and shows those that come back"""
    with tempfile.NamedTemporaryFile() as content:
        content.write(b"hello")
        content.flush()
        done = subprocess.run(["nghttp", "-v", "--no-dep", "--trailer", "x-sum: 7", "-d", content.name,
                               f"{ADDRESS}/trailers"], capture_output=True, text=True, timeout=PATIENCE)
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert "x-sum: 7\n" in text, text
    for line in sums(b"x-sum: 7\n"):
        assert f") {line.lower()}" in text, text


suite.run()
