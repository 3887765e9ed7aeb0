"""HTTP/2 by hand: frames and header blocks as bytes, right or wrong, and a connection that tells what came of them."""

import socket
import ssl
import struct
import time
from typing import NamedTuple

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 0x10
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = \
    range(1, 7)
ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 8, 9

WINDOW_MAX = 2**31 - 1


class Frame(NamedTuple):
    type: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error(self):
        """The error code of RST_STREAM and GOAWAY."""
        return struct.unpack(">I", self.payload[:4] if self.type == RST_STREAM else self.payload[4:8])[0]


def frame(kind, flags, stream, payload=b"", length=None):
    """A frame whose length may be a lie and whose stream may have the reserved bit."""
    length = len(payload) if length is None else length
    return length.to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def rst_stream(stream, error=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", error))


def goaway_frame(last=0, error=NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, error) + debug)


def priority(stream, depends_on=0, weight=15):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", depends_on, weight))


def ping(payload=b"katana!!"):
    return frame(PING, 0, 0, payload)


def data(stream, payload=b"", end=True):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


# ---- header blocks (RFC 7541) ----

def integer(value, prefix, first=0):
    """RFC 7541 §5.1, with the bits of `first` before the prefix."""
    limit = (1 << prefix) - 1
    if value < limit:
        return bytes([first | value])
    out, value = bytearray([first | limit]), value - limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def string(text):
    return integer(len(text), 7) + text


def literal(name, value, kind=0x00):
    """A literal with a new name: 0x00 without indexing, 0x10 never indexed, 0x40 added to the dynamic table."""
    return bytes([kind]) + string(name) + string(value)


def indexed(index):
    return integer(index, 7, 0x80)


def table_size(size):
    return integer(size, 5, 0x20)


def block(fields):
    return b"".join(literal(name, value) for name, value in fields)


def request(method=b"GET", path=b"/plaintext", *fields, authority=b"localhost"):
    """Fields of a request."""
    return [(b":method", method), (b":scheme", b"http"), (b":authority", authority), (b":path", path), *fields]


def headers(stream, fields, end=True, flags=END_HEADERS):
    payload = fields if isinstance(fields, bytes) else block(fields)
    return frame(HEADERS, flags | (END_STREAM if end else 0), stream, payload)


def get(stream=1, path=b"/plaintext", *fields):
    return headers(stream, request(b"GET", path, *fields))


def post(stream=1, *fields, path=b"/echo"):
    """The head of an upload: DATA is to follow."""
    return headers(stream, request(b"POST", path, *fields), end=False)


# ---- what may come of it ----

def goaway(*errors):
    return {("goaway", error) for error in errors}


def reset(*errors):
    return {("reset", error) for error in errors}


def status(*codes):
    return {("status", code) for code in codes}


def stream_or_connection(*errors):
    """RFC 9113 §5.4.1: a stream error may be treated as a connection error."""
    return reset(*errors) | goaway(*errors)


IGNORED = {("usable", None)}
CLOSED = {("closed", None)}


class Stream:
    """What came on a stream."""

    def __init__(self):
        self.status = None
        self.interim = []
        self.fields = []
        self.body = b""
        self.ended = False
        self.error = None

    def field(self, name):
        return next((value for key, value in self.fields if key == name), None)


class Client:
    """A connection. What comes in is kept by stream; header blocks are decoded in their order."""

    def __init__(self, port, tls=None, hello=PREFACE + settings(), timeout=120):
        self.timeout = timeout
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.pending = b""
        self.frames = []
        self.streams = {}
        self.error = None  # of GOAWAY, once one came
        self.decoder = hpack.Decoder()
        self.probe = 100001  # a stream that no case uses
        self.pings = 0
        if hello:
            self.send(hello)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *frames):
        """A peer that has gone is told by what can still be read."""
        try:
            self.socket.sendall(b"".join(frames))
        except (BrokenPipeError, ConnectionResetError):
            pass

    def stream(self, number=1):
        return self.streams.setdefault(number, Stream())

    def read(self):
        """The next frame; None at the end of the connection."""
        while len(self.pending) < 9 or len(self.pending) < 9 + int.from_bytes(self.pending[:3], "big"):
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError) as error:
                if isinstance(error, TimeoutError):
                    raise
                more = b""
            if not more:
                return None
            self.pending += more
        end = 9 + int.from_bytes(self.pending[:3], "big")
        kind, flags, number = struct.unpack(">BBI", self.pending[3:9])
        taken = Frame(kind, flags, number, self.pending[9:end])
        self.pending = self.pending[end:]
        self._take(taken)
        return taken

    def _take(self, f):
        self.frames.append(f)
        stream = self.stream(f.stream)
        if f.type == SETTINGS and not f.flags & ACK:
            self.send(frame(SETTINGS, ACK, 0))
        elif f.type == HEADERS:
            assert f.flags & END_HEADERS, "answers of this server fit one frame"
            fields = self.decoder.decode(f.payload, raw=True)
            code = int(dict(fields).get(b":status", b"0"))
            if 100 <= code < 200:
                stream.interim.append(code)
            elif code:
                stream.status, stream.fields = code, fields
        elif f.type == DATA:
            stream.body += f.payload
        elif f.type == RST_STREAM:
            stream.error = f.error
        elif f.type == GOAWAY:
            self.error = f.error
        if f.type in (HEADERS, DATA) and f.flags & END_STREAM:
            stream.ended = True

    def until(self, condition, seconds=None):
        """Reads until the condition holds; false when the connection ended before."""
        deadline = time.monotonic() + (seconds or self.timeout)
        while not condition():
            assert time.monotonic() < deadline, f"nothing decisive came: {self.frames[-8:]}"
            if self.read() is None:
                return False
        return True

    def sync(self):
        """Everything that was sent has been seen by the server."""
        self.pings += 1
        payload = self.pings.to_bytes(8, "big")
        self.send(ping(payload))
        assert self.until(lambda: self.frames[-1:] == [Frame(PING, ACK, 0, payload)]), "the connection ended"

    def quiet(self, seconds=0.1):
        """Reads what comes within the time."""
        self.socket.settimeout(seconds)
        try:
            while self.read() is not None:
                pass
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(self.timeout)

    def outcome(self, number=1):
        """How a stream ended, or the connection before it did."""
        stream = self.stream(number)
        alive = self.until(lambda: stream.ended or stream.error is not None or self.error)
        if self.error:
            assert not alive or not self.until(lambda: False), "nothing comes after the end"
            return "goaway", self.error
        if not alive:
            return "closed", None
        return ("status", stream.status) if stream.ended else ("reset", stream.error)

    def end_input(self):
        """Our side ends; what the server still sends can be read."""
        self.socket.shutdown(socket.SHUT_WR)

    def expect_end(self):
        """The connection ends, whatever is said before."""
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            try:
                if not self.socket.recv(65536):
                    return
            except (ConnectionResetError, ssl.SSLError):
                return
        raise AssertionError("the connection goes on")

    def usable(self):
        """Asks once more; true when the answer comes."""
        self.probe += 2
        self.send(headers(self.probe, request(b"HEAD")))
        return self.outcome(self.probe) == ("status", 200)

    def expect(self, allowed, number=1):
        """The outcome is one of those allowed, and the connection is as that outcome leaves it."""
        if allowed is IGNORED:
            self.probe += 2
            self.send(headers(self.probe, request(b"HEAD")))
            got = self.outcome(self.probe)
            assert got == ("status", 200), f"the connection is not usable: {got}"
            resets = [f for f in self.frames if f.type == RST_STREAM]
            assert not resets, f"a stream was reset: {resets}"
            return
        got = self.outcome(number)
        assert got in allowed, f"{got}, not one of {sorted(allowed, key=str)}"
        if got[0] in ("reset", "status"):
            assert self.usable(), "the connection is not usable any more"

    def ask(self, path=b"/plaintext", number=None):
        """A whole exchange."""
        self.probe += 2
        number = number or self.probe
        self.send(get(number, path))
        got = self.outcome(number)
        assert got[0] == "status", got
        return self.stream(number)
