#!/usr/bin/env python3
"""Many clients at once, some of them rude, against one server: every answer that comes is the right one, and nothing is
left when they have gone. KATANA_STORM_SECONDS sets how long."""

import os
import random
import socket
import struct
import threading
import time

from service import Reader, Service, Suite, open_files

SECONDS = float(os.environ.get("KATANA_STORM_SECONDS", "3"))
CLIENTS = 24

suite = Suite()
raw = Service("raw", "--reactors", "2")


def get(path, fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()


def body_of(n):
    return bytes(i * 7 % 251 for i in range(n))


def plain(connection, reader, rng):
    """Pipelined requests, cut anywhere."""
    count = rng.randint(1, 40)
    data = get("/plaintext") * count
    while data:
        n = rng.randint(1, len(data))
        connection.sendall(data[:n])
        data = data[n:]
    for _ in range(count):
        assert reader.response().body == b"Hello, World!"


def suspended(connection, reader, rng):
    count = rng.randint(1, 10)
    connection.sendall(get("/async") * count + get("/json"))
    for _ in range(count):
        assert reader.response().status == 200
    assert reader.response().body == b'{"message":"Hello, World!"}'


def echo(connection, reader, rng):
    body = body_of(rng.choice([0, 1, 100, 5000, 200_000]))
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\n"
    if rng.random() < 0.5:
        message = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    else:
        pieces = [body[i:i + 30_000] for i in range(0, len(body), 30_000)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
        message = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    sender = threading.Thread(target=connection.sendall, args=(message,))
    sender.start()
    response = reader.response()
    sender.join()
    assert response.body == body and response.fields["content-type"] == "text/x"


def download(connection, reader, rng):
    n = rng.choice([0, 1, 70_000, 1_000_000])
    connection.sendall(get(f"/bytes/{n}"))
    assert len(reader.response().body) == n


def rude(connection, reader, rng):
    """Asks for much, reads little and leaves, in order or by a reset; or sends half a request."""
    kind = rng.randint(0, 3)
    connection.sendall([get("/bytes/5000000"), b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nabc",
                        b"GET /plaintext HT", get("/async") * 30][kind])
    if kind in (0, 3):
        connection.recv(rng.randint(1, 3000))
    if rng.random() < 0.5:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise ConnectionAbortedError


def client(seed, counts, faults):
    rng = random.Random(seed)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        connection = raw.connect()
        reader = Reader(connection)
        try:
            for _ in range(rng.randint(1, 20)):
                act = rng.choice([plain, plain, suspended, echo, download, rude])
                act(connection, reader, rng)
                counts[act.__name__] = counts.get(act.__name__, 0) + 1
        except ConnectionAbortedError:
            counts["rude"] = counts.get("rude", 0) + 1
        except Exception as error:  # noqa: BLE001: whatever it is, the test has failed
            faults.append(f"client {seed}: {error!r}")
            return
        finally:
            connection.close()


@suite.test
def every_answer_is_the_right_one():
    """every client gets its own answers while others pipeline, stream, leave and reset"""
    counts, faults = {}, []
    threads = [threading.Thread(target=client, args=(seed, counts, faults)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[:5]
    assert all(counts.get(name, 0) > 0 for name in ("plain", "suspended", "echo", "download", "rude")), counts


@suite.test
def nothing_is_left():
    """when the clients have gone the server holds no connection, and it ends in order"""
    sockets = []
    for _ in range(1200):
        sockets = [link for link in open_files(raw.process.pid) if link.startswith("socket:")]
        if len(sockets) <= 2:  # the listeners
            break
        time.sleep(0.1)
    assert len(sockets) <= 2, sockets
    assert raw.stop() == 0


suite.run()
