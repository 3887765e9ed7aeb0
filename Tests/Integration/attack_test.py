#!/usr/bin/env python3
"""Attacks, and what they cost others: while one runs, a polite client gets right answers, memory stays within a bound,
the attacker gets the answer that it should, and the log names the attack once.

Latencies of the polite client before and during the attack are printed and decide nothing: two busy cores wobble. So is
the processor time of the server for each deed of the attacker: a connection, a request, or a flood until it was cut off.
attack_test.py --measure [SECONDS] [NAME...] prints them alone, of longer runs."""

import argparse
import gzip
import multiprocessing
import os
import pathlib
import re
import select
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Conformance"))

import http2_wire as h2  # noqa: E402
from service import ESTABLISHED, PATIENCE, Reader, Service, ends, server_side, wait_until  # noqa: E402

MEMORY_MAX = 64 << 20  # bytes by which the server may grow
POLITE_CONNECTIONS = 4
POLITE_PAUSE = 0.001   # between two requests, so that waiting, not the client, is measured
MANY = 64              # connections of an attack that holds them
LIMIT_MS = 700         # what slow clients get in these tests
DEEDS_MIN = 3          # of an attack, however slow the machine: once is no attack

ATTACKS = []
processes = multiprocessing.get_context("fork")


class Attack:
    """`act(port, until)` attacks up to a time and gives the number of its deeds; it asserts what it is answered."""

    def __init__(self, name, logged, act, flags=(), tls=False):
        self.name, self.logged, self.act, self.flags, self.tls = name, logged, act, flags, tls


def attack(name, logged=None, flags=(), tls=False):
    def add(function):
        ATTACKS.append(Attack(name, name if logged is None else logged, function, flags, tls))
        return function
    return add


# ---- the polite client ----


def polite(port, seconds, secure, connected=None):
    """Latencies in microseconds, of requests one after the other on connections that are kept."""
    connections = [dial(port, secure) for _ in range(POLITE_CONNECTIONS)]
    if connected:
        connected.set()
    request = b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"
    latencies, end = [], time.monotonic() + seconds
    while time.monotonic() < end or len(latencies) < 100:
        for connection in connections:
            began = time.perf_counter()
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"Hello, World!"):
                part = connection.recv(4096)
                assert part, "a polite client was cut off"
                answer += part
            latencies.append(1e6 * (time.perf_counter() - began))
            assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"HTTP/1.1") == 1, answer
        time.sleep(POLITE_PAUSE)
    return latencies


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def dial(port, secure=False, size=None):
    connection = socket.socket()
    if size:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    connection.settimeout(PATIENCE)
    connection.connect(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tls_context().wrap_socket(connection) if secure else connection


class Task:
    """A function in a process of its own, so that clients do not wait for each other's interpreter."""

    def __init__(self, function, *arguments):
        self.result, far = processes.Pipe(False)
        self.process = processes.Process(target=self._run, args=(far, function, arguments), daemon=True)
        self.process.start()
        far.close()

    @staticmethod
    def _run(far, function, arguments):
        try:
            far.send((function(*arguments), None))
        except BaseException as error:  # noqa: BLE001: told by the one who waits
            far.send((None, f"{function.__name__}: {type(error).__name__}: {error}"))

    def wait(self):
        if not self.result.poll(2 * PATIENCE):
            self.process.kill()
            raise AssertionError("a client does not end")
        value, fault = self.result.recv()
        self.process.join()
        assert fault is None, fault
        return value


# ---- attacks that hold connections ----


def drip(port, until, first, piece):
    """Holds connections by a byte at a time; each must be answered 408. A new one takes the place of one that was."""
    held, cut = {}, 0
    while time.monotonic() < until or cut < DEEDS_MIN:
        while len(held) < MANY:
            connection = dial(port)
            connection.sendall(first)
            held[connection] = b""
        for connection in select.select(list(held), [], [], 0.05)[0]:
            held[connection] += connection.recv(4096)
            if b"\r\n\r\n" in held[connection]:
                assert held[connection].startswith(b"HTTP/1.1 408 "), held[connection][:60]
                connection.close()
                del held[connection]
                cut += 1
        for connection in list(held):
            try:
                connection.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
    return cut


@attack("slow head", flags=("--head-timeout", str(LIMIT_MS)))
def _(port, until):
    return drip(port, until, b"GET /plaintext HTTP/1.1\r\nHost: a\r\nX: ", b"x")


@attack("slow content", flags=("--content-timeout", str(LIMIT_MS)))
def _(port, until):
    return drip(port, until, b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", b"x")


def is_kept(connection):
    side = server_side(connection)
    return side is not None and side[0] == ESTABLISHED


@attack("slow read", flags=("--write-timeout", str(LIMIT_MS)))
def _(port, until):
    cut = 0
    while time.monotonic() < until or cut < DEEDS_MIN:
        held = [dial(port, size=4096) for _ in range(MANY)]
        for connection in held:
            connection.sendall(b"GET /bytes/100000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        # To read would be progress.
        wait_until(lambda: not any(is_kept(connection) for connection in held), "somebody who reads nothing is kept")
        for connection in held:
            assert ends(connection), "who was cut off hears nothing of it"
            connection.close()
            cut += 1
    return cut


@attack("many connections", flags=("--connections-max", "32"))
def _(port, until):
    refused, held = 0, []
    try:
        while time.monotonic() < until or refused < DEEDS_MIN:
            while len(held) < 40:
                held.append(dial(port))
            told = select.select(held, [], [], PATIENCE)[0]
            assert told, "40 connections are held of 32"
            for connection in told:
                answer = connection.recv(4096)
                assert answer.startswith(b"HTTP/1.1 503 "), answer
                held.remove(connection)
                connection.close()
                refused += 1
    finally:
        for connection in held:
            connection.close()
    return refused


@attack("slow TLS handshake", flags=("--handshake-timeout", str(LIMIT_MS)), tls=True)
def _(port, until):
    cut = 0
    while time.monotonic() < until or cut < DEEDS_MIN:
        held = [dial(port) for _ in range(MANY)]
        for connection in held:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01")
        for connection in held:
            assert ends(connection), "a handshake without an end is waited for"
            connection.close()
            cut += 1
    return cut


@attack("failed TLS handshakes", logged="TLS handshake", tls=True)
def _(port, until):
    failed = 0
    while time.monotonic() < until or failed < DEEDS_MIN:
        with dial(port) as connection:
            connection.sendall(b"\x16\x03\x01\x00\x05" + b"\xff" * 5)
            assert ends(connection)
            failed += 1
    return failed


# ---- attacks by requests ----


def repeat(port, until, request, status):
    """Sends a request, on new connections where the server ends them; each must get the status."""
    done, connection = 0, None
    while time.monotonic() < until or done < DEEDS_MIN:
        if connection is None:
            connection = dial(port)
            reader = Reader(connection)
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = reader.response()
        assert answer.status == status, answer.status
        done += 1
        if answer.fields.get("connection") == "close":
            connection.close()
            connection = None
    return done


def post(target, body, *fields, length=None):
    lines = b"".join(field + b"\r\n" for field in fields)
    length = len(body) if length is None else length
    return b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n" % (target, length, lines) + body


@attack("decompression bomb")
def _(port, until):
    bomb = gzip.compress(bytes(100 << 20))
    return repeat(port, until, post(b"/form", bomb, b"Content-Encoding: gzip"), 413)


def dense(size):
    """Content that decompression may still expand: by 150, where 200 is the limit."""
    pattern = b"".join(os.urandom(1) + bytes(329) for _ in range(size // 330))
    return gzip.compress(pattern)


@attack("decompression to the full", logged="")
def _(port, until):
    body = dense(9 << 20)
    return repeat(port, until, post(b"/form", body, b"Content-Encoding: gzip"), 415)


@attack("large content")
def _(port, until):
    return repeat(port, until, post(b"/form", b"", length=1 << 40), 413)


@attack("100,000 ranges", logged="large head")
def _(port, until):
    ranges = b",".join(b"%d-%d" % (i, i) for i in range(100000))
    return repeat(port, until, b"GET /static/file HTTP/1.1\r\nHost: a\r\nRange: bytes=" + ranges + b"\r\n\r\n", 431)


@attack("many ranges")
def _(port, until):
    ranges = b",".join(b"%d-" % i for i in range(2000))
    return repeat(port, until, b"GET /static/file HTTP/1.1\r\nHost: a\r\nRange: bytes=" + ranges + b"\r\n\r\n", 200)


# ---- attacks by frames ----


def frames(port, until, flood):
    """Floods one connection after the other; each must be told to calm down."""
    cut = 0
    while time.monotonic() < until or cut < DEEDS_MIN:
        with h2.Client(port) as client:
            client.sync()
            for piece in flood(client):
                try:
                    client.socket.sendall(piece)
                except OSError:
                    break
                if select.select([client.socket], [], [], 0)[0] and (client.read() is None or client.error is not None):
                    break
            client.until(lambda: False)
            assert client.error == h2.ENHANCE_YOUR_CALM, client.error
            cut += 1
    return cut


def streams():
    return range(1, 1 << 30, 2)


@attack("HTTP/2 rapid reset")
def _(port, until):
    return frames(port, until, lambda _: (h2.get(n, b"/async") + h2.rst_stream(n) for n in streams()))


@attack("HTTP/2 MadeYouReset")
def _(port, until):
    def flood(client):
        for number in streams():
            yield h2.post(number, (b"content-length", b"1")) + h2.data(number, b"xy")
            if number % 50 == 49:  # more at a time than are allowed would be another error
                client.until(lambda n=number: client.stream(n).error is not None or client.error is not None)
    return frames(port, until, flood)


@attack("HTTP/2 CONTINUATION flood")
def _(port, until):
    def flood(_):
        yield h2.headers(1, h2.request(), flags=0)
        while True:
            yield h2.frame(h2.CONTINUATION, 0, 1, h2.literal(b"x", b"y" * 1000))
    return frames(port, until, flood)


@attack("HTTP/2 WINDOW_UPDATE flood")
def _(port, until):
    return frames(port, until, lambda _: (h2.window_update(0, 1) * 10 for _ in streams()))


# ---- what becomes of it ----


def memory(service, name):
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return 1024 * int(re.search(rf"{name}:\s+(\d+)", status)[1])


def cpu_us(service):
    tasks = pathlib.Path(f"/proc/{service.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1000


def lines_of(service):
    """What the log says of clients."""
    text = b""
    try:
        while piece := os.read(service.process.stdout.fileno(), 65536):
            text += piece
    except BlockingIOError:
        pass
    return [line.split("[Katana]", 1)[1].strip() for line in text.decode().splitlines() if "[Katana]" in line]


class Outcome:
    def __init__(self, deeds, before, during, cost_us, grown, lines):
        self.deeds, self.before, self.during, self.cost_us = deeds, before, during, cost_us
        self.grown, self.lines = grown, lines


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def run(one, folder, seconds):
    flags = ["--reactors", "1", "--static", str(folder), *one.flags]
    flags += ["--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem"] if one.tls else ["--h2c"]
    service = Service("raw", *flags)
    try:
        spent = cpu_us(service)
        before = Task(polite, service.port, seconds / 2, one.tls).wait()
        resident = memory(service, "VmRSS")
        each = (cpu_us(service) - spent) / len(before)
        connected = processes.Event()
        client = Task(polite, service.port, seconds + 0.2, one.tls, connected)
        assert connected.wait(PATIENCE), "the polite client cannot connect"
        spent = cpu_us(service)
        deed = Task(one.act, service.port, time.monotonic() + seconds)
        during, deeds = client.wait(), deed.wait()
        spent = cpu_us(service) - spent - each * len(during)
        grown = memory(service, "VmHWM") - resident
        assert service.process.poll() is None, "the server ended"
        outcome = Outcome(deeds, before, during, max(spent, 0) / deeds, grown, lines_of(service))
        assert service.stop() == 0
        return outcome
    finally:
        service.kill()


def check(one, outcome):
    assert outcome.grown < MEMORY_MAX, f"{outcome.grown >> 20} MiB more"
    if not one.logged:
        assert not outcome.lines, outcome.lines
        return
    assert outcome.deeds >= DEEDS_MIN, outcome.deeds
    assert len(outcome.lines) == 1, f"{outcome.deeds} deeds, in the log {outcome.lines}"
    assert re.match(rf"{re.escape(one.logged)}: 127\.0\.0\.1:\d+ ", outcome.lines[0]), outcome.lines


HEADINGS = ("attack", "times", "p50 us", "during", "p99 us", "during", "ratio", "us each", "MiB more")


def row(one, o):
    low, high = percentile(o.before, 0.99), percentile(o.during, 0.99)
    return (one.name, o.deeds, f"{statistics.median(o.before):.0f}", f"{statistics.median(o.during):.0f}", f"{low:.0f}",
            f"{high:.0f}", f"{high / low:.1f}", f"{o.cost_us:.0f}", f"{o.grown / (1 << 20):.1f}")


def show(cells):
    print(f"{cells[0]:28}" + "".join(f"{cell:>10}" for cell in cells[1:]), flush=True)


def prepare(folder):
    (folder / "file").write_bytes(bytes(65536))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", nargs="?", type=float, const=10.0, metavar="SECONDS")
    parser.add_argument("name", nargs="*", help="attacks whose names have one of these words")
    options = parser.parse_args()
    failed, chosen = 0, [a for a in ATTACKS if not options.name or any(word in a.name for word in options.name)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder)
        show(HEADINGS)
        for one in chosen:
            try:
                outcome = run(one, folder, options.measure or 1.5)
                show(row(one, outcome))
                check(one, outcome)
            except Exception as error:  # noqa: BLE001: a failing attack must not end the others
                failed += 1
                print(f"FAILED {one.name}: {type(error).__name__}: {error}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
