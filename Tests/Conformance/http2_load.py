"""HTTP/2 with much to do, and against clients that mean harm (RFC 9113 §10.5)."""

import os
import pathlib
import re
import select
import signal
import ssl
import struct
import threading
import time

import h2.config
import h2.connection
import h2.events

from http2_wire import *  # noqa: F403: the vocabulary of the cases

BLOCK = block(request())
GROWTH_MAX = 64 << 20  # bytes that an attack may cost
ATTACK_SECONDS_MAX = 120

LOAD = []     # cases of any connection
ATTACKS = []  # a connection that must be cut off, while others are served; more streams at a time than the server
#               allows, because its resets are still under way, are PROTOCOL_ERROR


def load(sentence):
    def add(function):
        LOAD.append((sentence, function))
        return function
    return add


# ---- much to do ----


@load("RFC 9113 §4.1: a request cut at every byte is the same request")
def _(connect):
    whole = (post(1, (b"content-length", b"5"), (b"x", b"y")) + frame(DATA, PADDED | END_STREAM, 1, b"\x02hello\0\0")
             + get(3) + ping())
    for cut in range(1, len(whole)):
        with connect() as client:
            client.send(whole[:cut])
            client.send(whole[cut:])
            assert client.outcome(1) == ("status", 200) and client.stream(1).body == b"hello", cut
            assert client.outcome(3) == ("status", 200) and client.stream(3).body == b"Hello, World!", cut
    with connect() as client:
        for at in range(len(whole)):
            client.send(whole[at:at + 1])
        assert client.outcome(1) == ("status", 200) and client.outcome(3) == ("status", 200)


@load("300 small requests on one connection, as many at a time as are allowed, get their own answers")
def _(connect):
    with connect() as client:
        numbers = [1 + 2 * i for i in range(300)]
        for i in range(0, 300, 60):
            batch = numbers[i:i + 60]
            client.send(*[get(n, b"/bytes/%d" % (n % 50)) if n % 3 else headers(n, request(b"GET", b"/async"))
                          for n in batch])
            for n in batch:
                assert client.outcome(n) == ("status", 200), n
                assert len(client.stream(n).body) == (n % 50 if n % 3 else 13), n


class Judge:
    """A peer that is somebody else's: the h2 package objects to whatever breaks the rules."""

    def __init__(self, client):
        self.client = client
        self.machine = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.bodies, self.ended = {}, set()

    def flush(self):
        self.client.send(self.machine.data_to_send())

    def take(self):
        data = self.client.socket.recv(65536)
        assert data, "the connection ended"
        for event in self.machine.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
                self.machine.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)), event
        self.flush()


def uploaded(n, size):
    return bytes((n + i) % 251 for i in range(1000)) * (size // 1000)


@load("interleaved uploads beyond every window come back whole, whoever waits for whom")
def _(connect):
    with connect(hello=None) as client:
        judge = Judge(client)
        machine = judge.machine
        machine.initiate_connection()
        machine.increment_flow_control_window(100_000)
        left = {n: uploaded(n, 600_000) for n in (1, 3, 5, 7)}
        whole = dict(left)
        for n in left:
            machine.send_headers(n, [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/echo")])
        while len(judge.ended) < len(whole):
            for n in list(left):
                room = min(machine.local_flow_control_window(n), 16384)
                if room > 0:
                    part, left[n] = left[n][:room], left[n][room:]
                    machine.send_data(n, part, end_stream=not left[n])
                    if not left[n]:
                        del left[n]
            judge.flush()
            if not left or all(machine.local_flow_control_window(n) <= 0 for n in left):
                judge.take()
            else:
                client.socket.setblocking(False)
                try:
                    judge.take()
                except (BlockingIOError, ssl.SSLWantReadError):
                    pass
                finally:
                    client.socket.settimeout(client.timeout)
        assert judge.bodies == whole


@load("an answer larger than the windows reaches a slow reader whole, at the reader's pace")
def _(connect):
    with connect() as client:
        client.send(get(1, b"/bytes/400000"))
        body = lambda: len(client.stream(1).body)
        given = 65535
        while not client.stream(1).ended:
            client.until(lambda: body() == min(given, 400000))
            client.sync()
            assert body() <= given
            given += 30000
            client.send(window_update(0, 30000), window_update(1, 30000))
            if given > 400000:
                assert client.outcome(1) == ("status", 200)
        assert body() == 400000


@load("a reader with a small buffer may open the windows with each KiB, or with each piece, and is not cut off")
def _(connect):
    for step, window in ((512, 65535), (16384, 20000)):
        with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, window))) as client:
            size, given = 1_000_000, 0
            client.send(get(1, b"/bytes/%d" % size))
            while not client.stream(1).ended:
                body = len(client.stream(1).body)
                client.send(*[window_update(0, n) + window_update(1, n)
                              for at in range(given, body, step) for n in [min(step, body - at)]])
                given = body
                assert client.until(lambda: len(client.stream(1).body) > body or client.stream(1).ended), client.error
            assert client.outcome(1) == ("status", 200) and len(client.stream(1).body) == size
    with connect() as client:
        for number in range(1, 2001, 2):
            client.send(get(number))
            assert client.outcome(number) == ("status", 200)
            client.send(window_update(0, 13), window_update(number, 13))
        assert client.usable()


@load("RFC 9113 §5.4.2: a client may take a request back in the middle of its answer")
def _(connect):
    with connect(hello=PREFACE + settings((INITIAL_WINDOW_SIZE, 20000))) as client:
        for number in range(1, 41, 4):
            client.send(get(number, b"/bytes/1000000"), get(number + 2))
            client.until(lambda: len(client.stream(number).body) > 0)
            client.send(rst_stream(number), window_update(0, 30000))
            assert client.outcome(number + 2) == ("status", 200)
        before = len(client.stream(1).body)
        client.sync()
        assert len(client.stream(1).body) == before


@load("a client that leaves in the middle of everything harms nobody")
def _(connect):
    for sent in (get(1, b"/bytes/1000000"), post() + data(1, b"x" * 1000, end=False), headers(1, BLOCK[:9], flags=0),
                 BLOCK, get(1, b"/async"), b"\0\0"):
        with connect() as client:
            client.send(sent)
    with connect() as client:
        assert client.usable()


# ---- drain ----


def drain(service, connect):
    """RFC 9113 §6.8: on SIGTERM streams that run are finished; GOAWAY is said twice; then the connection ends"""
    with connect() as client, connect() as idle:
        client.send(get(1, b"/bytes/200000"))
        client.until(lambda: len(client.stream(1).body) == 65535)
        assert idle.usable()
        service.process.send_signal(signal.SIGTERM)
        assert not idle.until(lambda: False), "an idle connection ends"
        assert idle.error == NO_ERROR
        client.until(lambda: client.error is not None)
        client.send(headers(3, request(b"HEAD")))  # may have been under way
        client.until(lambda: client.stream(3).ended)
        client.send(window_update(0, 1 << 20), window_update(1, 1 << 20))
        assert not client.until(lambda: False)
        assert client.stream(1).ended and len(client.stream(1).body) == 200000
        last = [int.from_bytes(f.payload[:4], "big") for f in client.frames if f.type == GOAWAY]
        assert last == [2**31 - 1, 3], last
        assert client.error == NO_ERROR
    assert service.process.wait(timeout=120) == 0


# ---- attacks ----


def attack(sentence, errors=(ENHANCE_YOUR_CALM,)):
    def add(function):
        ATTACKS.append((sentence, function, errors))
        return function
    return add


def streams(first=1):
    """Numbers that go on for ever."""
    while True:
        yield first
        first += 2


@attack("CVE-2023-44487, rapid reset: requests that are taken back at once")
def _(client):
    for number in streams():
        yield get(number, b"/async") + rst_stream(number)


@attack("CVE-2025-8671: requests that the server is made to reset, by a window update of 0",
        errors=(ENHANCE_YOUR_CALM, PROTOCOL_ERROR))
def _(client):
    for number in streams():
        yield post(number) + window_update(number, 0)


@attack("CVE-2025-8671: requests that the server is made to reset, by content of the wrong length")
def _(client):
    for number in streams():
        yield post(number, (b"content-length", b"1")) + data(number, b"xy")
        client.outcome(number)  # never more streams at once than are allowed


@attack("requests that are malformed, one after the other", errors=(ENHANCE_YOUR_CALM, PROTOCOL_ERROR))
def _(client):
    for number in streams():
        yield headers(number, request(b"GET", b"/", (b"X", b"y")))


@attack("more streams than were allowed, for ever", errors=(ENHANCE_YOUR_CALM, PROTOCOL_ERROR))
def _(client):
    yield settings((INITIAL_WINDOW_SIZE, 0))
    for number in streams():
        yield get(number)


@attack("CVE-2024-28182: CONTINUATION without an end")
def _(client):
    yield headers(1, BLOCK, flags=0)
    while True:
        yield frame(CONTINUATION, 0, 1, literal(b"x", b"y" * 1000))


@attack("CONTINUATION frames that are empty")
def _(client):
    yield headers(1, BLOCK, flags=0)
    while True:
        yield frame(CONTINUATION, 0, 1) * 100


@attack("CVE-2019-9512: PING without an end")
def _(client):
    while True:
        yield ping() * 10


@attack("CVE-2019-9515: SETTINGS without an end")
def _(client):
    while True:
        yield settings((INITIAL_WINDOW_SIZE, 65535)) * 10


@attack("CVE-2019-9518: empty DATA frames without an end")
def _(client):
    yield post()
    while True:
        yield data(1, end=False) * 10


@attack("CVE-2019-9518: DATA frames of padding without an end")
def _(client):
    yield post()
    while True:
        yield frame(DATA, PADDED, 1, b"\x01\0") * 10


@attack("CVE-2019-9513: PRIORITY without an end")
def _(client):
    for number in streams():
        yield priority(number, number + 2) * 10


@attack("PRIORITY_UPDATE without an end", errors=(ENHANCE_YOUR_CALM, PROTOCOL_ERROR))
def _(client):
    for number in streams():
        yield frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", number) + b"u=1") * 10


@attack("WINDOW_UPDATE of the connection without an end")
def _(client):
    while True:
        yield window_update(0, 1) * 10


@attack("WINDOW_UPDATE of a stream that is over without an end")
def _(client):
    yield get()
    client.outcome(1)
    while True:
        yield window_update(1, 1) * 10


@attack("windows that open by a byte at a time")
def _(client):
    yield settings((INITIAL_WINDOW_SIZE, 0)) + get(1, b"/bytes/1000000")
    while True:
        yield window_update(1, 1)


@attack("frames of unknown types without an end")
def _(client):
    while True:
        yield frame(0x42, 0, 0) * 10


class Bystander:
    """Somebody else's client, who asks again and again while an attack runs."""

    def __init__(self, connect):
        self.connect, self.answers, self.fault, self.over = connect, 0, None, False
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            with self.connect() as client:
                while not self.over:
                    assert client.ask().body == b"Hello, World!"
                    self.answers += 1
                    client.frames.clear()
                    client.send(window_update(0, 13))
        except Exception as error:  # noqa: BLE001: told by the thread that waits
            self.fault = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()


def resident(service):
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{service.process.pid}/status").read_text())[1])


def has_input(client):
    if isinstance(client.socket, ssl.SSLSocket) and client.socket.pending():
        return True
    return bool(select.select([client.socket], [], [], 0)[0])


def until_cut_off(client, pieces):
    """Sends until the server has had enough, and reads what it says to that."""
    deadline = time.monotonic() + ATTACK_SECONDS_MAX
    for piece in pieces:
        assert time.monotonic() < deadline, "the attack goes on"
        try:
            client.socket.sendall(piece)
        except OSError:
            break
        if has_input(client) and client.read() is None:
            break
        if client.error is not None:
            break
    client.until(lambda: False)


def run_attack(service, connect, act, errors):
    before = resident(service)
    with Bystander(connect) as other, connect() as client:
        client.sync()
        until_cut_off(client, act(client))
        assert client.error in errors, f"ended with {client.error}"
        seen = other.answers
        deadline = time.monotonic() + client.timeout
        while other.answers < seen + 10 and not other.fault and time.monotonic() < deadline:
            time.sleep(0.005)
    assert other.fault is None, f"somebody else was harmed: {other.fault!r}"
    assert other.answers >= 10, other.answers
    grown = resident(service) - before
    assert grown < GROWTH_MAX, f"{grown >> 20} MiB"


def bomb(connect):
    """RFC 7541 §7.3: a short block that means a long list is 431, and costs its connection nothing else"""
    with connect() as client:
        value = b"v" * 3900
        client.send(headers(1, BLOCK + literal(b"x", value, 0x40)))
        assert client.outcome(1) == ("status", 200)
        client.send(headers(3, BLOCK + indexed(62) * 12))
        assert client.outcome(3) == ("status", 431), client.outcome(3)
        assert client.usable()
        client.send(headers(5, BLOCK + indexed(62) * 10000))
        got = client.outcome(5)
        assert got in status(431) | stream_or_connection(*range(16)), got


def named(service):
    """Attacks are named in the log, each once, with the peer's address"""
    lines = warnings(service)
    names = [line.split("warning", 1)[1].split("]", 1)[-1].strip().split(":")[0] for line in lines]
    assert len(set(names)) == len(names), lines
    missing = {"HTTP/2 rapid reset", "HTTP/2 MadeYouReset", "HTTP/2 CONTINUATION flood", "HTTP/2 PING flood",
               "HTTP/2 SETTINGS flood", "HTTP/2 empty DATA flood", "HTTP/2 WINDOW_UPDATE flood", "HTTP/2 idle frames",
               "large head"} - set(names)
    assert not missing, (missing, lines)
    assert all(": 127.0.0.1:" in line for line in lines), lines


def warnings(service):
    """What the server has said in its log since it began."""
    text = b""
    try:
        while piece := os.read(service.process.stdout.fileno(), 65536):
            text += piece
    except BlockingIOError:
        pass
    return [line for line in text.decode().splitlines() if "warning" in line.lower()]
