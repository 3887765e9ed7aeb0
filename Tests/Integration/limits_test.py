#!/usr/bin/env python3
"""What slow, greedy and many clients cost, and what an operator is told: against Raw as a user runs it."""

import os
import select
import resource
import socket
import subprocess
import threading
import time

from service import BINARIES, PATIENCE, Reader, Service, Suite, ends

suite = Suite()
raw = Service("raw", "--reactors", "1")
MIB = 1024 * 1024


def request(target, method=b"GET", *fields):
    return b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (method, target, b"".join(f + b"\r\n" for f in fields))


def run(*arguments):
    return subprocess.run([BINARIES / "raw", *arguments], capture_output=True, text=True, timeout=PATIENCE)


@suite.test
def slow_readers_cost_bounded_memory():
    """sixteen clients that read 50 MB slowly cost less than 1 MiB each"""
    with raw.connect() as warm:
        warm.sendall(request(b"/bytes/50000000"))
        assert len(Reader(warm).response().body) == 50_000_000
    before = raw.private_memory()
    connections = [raw.connect() for _ in range(16)]
    for connection in connections:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request(b"/bytes/50000000"))
    for _ in range(10):
        for connection in connections:
            connection.recv(1000)
        time.sleep(0.02)
    grown = raw.private_memory() - before
    for connection in connections:
        connection.close()
    assert grown < 16 * MIB, f"{grown / MIB:.1f} MiB"


@suite.test
def uploads_that_nobody_reads_back_cost_bounded_memory():
    """a client that sends 50 MB to echo and reads nothing is slowed down, not buffered"""
    before = raw.private_memory()
    with raw.connect() as connection:
        connection.sendall(request(b"/echo", b"POST", b"Content-Length: 9000000"))
        connection.setblocking(False)
        sent, block = 0, b"x" * 65536
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline and sent < 9_000_000:
            try:
                sent += connection.send(block)
            except BlockingIOError:
                time.sleep(0.01)
        grown = raw.private_memory() - before
    assert grown < 2 * MIB, f"{grown / MIB:.1f} MiB after {sent} bytes"


@suite.test
def large_uploads_come_back_whole():
    """8 MB in chunks and by length come back as they were, from four clients at once"""
    failures = []

    def upload(seed, by_length):
        body = bytes((seed * 31 + i) % 251 for i in range(4093)) * 2000
        with raw.connect() as connection:
            if by_length:
                head = request(b"/echo", b"POST", b"Content-Length: %d" % len(body))
                parts = [body]
            else:
                head = request(b"/echo", b"POST", b"Transfer-Encoding: chunked")
                pieces = [body[i:i + 70000] for i in range(0, len(body), 70000)]
                parts = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
                parts.append(b"0\r\n\r\n")

            def send():
                connection.sendall(head)
                for part in parts:
                    connection.sendall(part)
            sender = threading.Thread(target=send)
            sender.start()
            if Reader(connection).response().body != body:
                failures.append(seed)
            sender.join()

    threads = [threading.Thread(target=upload, args=(i, i % 2)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


@suite.test
def connections_never_see_each_others_bytes():
    """fifty connections whose requests arrive in interleaved pieces get their own content back"""
    connections = [raw.connect() for _ in range(50)]
    bodies = [b"%05d" % i * 2000 for i in range(50)]
    heads = [request(b"/echo", b"POST", b"Content-Length: 10000", b"Content-Type: text/x%d" % i) for i in range(50)]
    for step in range(0, 12000, 600):
        for connection, head, body in zip(connections, heads, bodies):
            connection.sendall((head + body)[step:step + 600])
    for i, connection in enumerate(connections):
        response = Reader(connection).response()
        assert response.body == bodies[i] and response.fields["content-type"] == f"text/x{i}", i
        connection.close()


@suite.test
def idle_connections_are_small():
    """two thousand idle connections cost at most 1 KiB of user memory each"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    count = 2000
    before = raw.private_memory()
    connections = [raw.connect() for _ in range(count)]
    for connection in connections:
        connection.sendall(request(b"/plaintext"))
    for connection in connections:
        assert Reader(connection).response().status == 200
    each = (raw.private_memory() - before) / count
    for connection in connections:
        connection.close()
    assert each <= 1024, f"{each:.0f} bytes"


@suite.test
def dripped_head_is_cut():
    """a client that sends its head a byte a second gets 408 at the header timeout, others are served meanwhile"""
    with raw.connect() as slow:
        began = time.monotonic()
        data = request(b"/plaintext")
        slow.setblocking(False)
        answer = b""
        for byte in data:
            try:
                slow.send(bytes([byte]))
                answer += slow.recv(4096)
            except BlockingIOError:
                pass
            if answer:
                break
            with raw.connect() as other:
                other.sendall(request(b"/plaintext"))
                assert Reader(other).response().status == 200
            time.sleep(1)
        took = time.monotonic() - began
        assert answer.startswith(b"HTTP/1.1 408 "), answer[:60]
        assert took > 9, took


@suite.test
def curl_is_served():
    """curl's GET, HEAD, upload, Expect and keep-alive work"""
    url = f"http://127.0.0.1:{raw.port}"

    def curl(*arguments, data=None):
        return subprocess.run(["curl", "-sS", "--max-time", "10", *arguments], input=data, capture_output=True,
                              check=True).stdout

    assert curl(url + "/plaintext") == b"Hello, World!"
    assert b"Content-Length: 13" in curl("-I", url + "/plaintext")
    big = os.urandom(2_000_000)
    assert curl("-X", "POST", "--data-binary", "@-", "-H", "Expect: 100-continue", url + "/echo", data=big) == big
    assert curl("-X", "POST", "-T", "-", url + "/echo", data=big) == big
    both = curl("-w", "%{num_connects}", url + "/json", url + "/json")
    assert both.count(b"Hello, World!") == 2 and both.endswith(b"0"), both
    assert curl("-b", "a=1; b=2", url + "/cookies") == b"a=1\nb=2\n"
    assert b"X-Thing: 7\n" in curl("-H", "X-Thing: 7", url + "/headers")


@suite.test
def mistakes_of_the_operator_are_one_line():
    """a busy port, a bad address, a bad flag and a bad driver give one line and exit code 1"""
    for arguments, text in [
        (("--port", str(raw.port)), f"cannot listen on 127.0.0.1:{raw.port}: the port is in use"),
        (("--host", "localhost"), "'localhost' is not a numeric"),
        (("--host", "192.0.2.1", "--port", "0"), "cannot listen on 192.0.2.1:0: no interface of this machine has"),
        (("--connections-max", "0"), "connections_max is 0; it must be at least 1"),
        (("--write-timeout", "0"), "write_timeout_ms is 0; it must be at least 1"),
        (("--io", "kqueue"), "no I/O driver 'kqueue': known here: auto, epoll, uring"),
    ]:
        result = run(*arguments)
        assert result.returncode == 1, (arguments, result.returncode)
        lines = (result.stderr + result.stdout).strip().splitlines()
        assert len(lines) == 1 and text in lines[0], (arguments, lines)
    for arguments, text in [(("--prot", "1"), "--prot"), (("--port", "99999"), "99999")]:
        result = run(*arguments)
        assert result.returncode == 1 and text in result.stderr, (arguments, result)


@suite.test
def signals_drain_the_server():
    """SIGTERM and SIGINT finish the running request, refuse new connections and exit with 0"""
    for number in (15, 2):
        service = Service("raw", "--reactors", "2")
        with service.connect() as busy, service.connect() as idle:
            busy.sendall(request(b"/echo", b"POST", b"Content-Length: 10", b"Expect: 100-continue"))
            reader = Reader(busy)
            assert reader.response().status == 100
            busy.sendall(b"hello")
            service.process.send_signal(number)
            assert ends(idle), "an idle connection stays open"
            busy.sendall(b"world")
            response = reader.response()
            assert response.body == b"helloworld"
            assert ends(busy)
        assert service.process.wait(timeout=PATIENCE) == 0


@suite.test
def a_hang_up_ends_no_server():
    """SIGHUP to a server without certificates is answered in its log, and it goes on"""
    service = Service("raw")
    service.process.send_signal(1)
    assert select.select([service.process.stdout], [], [], PATIENCE)[0], "nothing was logged"
    said = os.read(service.process.stdout.fileno(), 65536).decode()
    assert "no certificates to read again" in said, said
    with service.connect() as connection:
        connection.sendall(request(b"/plaintext"))
        assert Reader(connection).response().status == 200
    assert service.stop() == 0


suite.run()
