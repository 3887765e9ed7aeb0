#!/usr/bin/env python3
"""What an idle WebSocket costs: user memory of Raw for each of N connections, in clear text.

Half of them come first and touch what is there once; the figure is what the second half adds, by resident memory. Each
connection has echoed one message before it falls idle, and echoes another at the end, so that none was lost."""

import argparse
import base64
import re
import socket
import sys
import time

sys.dont_write_bytecode = True

import probes
from processes import BenchmarkError, end_with_run
from run import built, conditions, cores, positive

PER_ADDRESS = 20_000  # connections from one source address: fewer than a usual range of ports has
SETTLE_S = 1
UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: %s\r\n\r\n" % base64.b64encode(bytes(16)))
MESSAGE = b"\x81\x85\0\0\0\0hello"  # text, masked with zeros (RFC 6455 §5.3)
ECHO = b"\x81\x05hello"


def dial(port, index):
    connection = socket.socket()
    connection.settimeout(10)
    connection.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
    connection.bind((f"127.0.0.{1 + index // PER_ADDRESS}", 0))
    connection.connect(("127.0.0.1", port))
    return connection


def upgrade(connection):
    connection.sendall(UPGRADE)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        part = connection.recv(4096)
        if not part:
            raise BenchmarkError(f"no WebSocket: {answer[:100]!r}")
        answer += part
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise BenchmarkError(f"no WebSocket: {answer[:100]!r}")


def echo(connection):
    connection.sendall(MESSAGE)
    answer = b""
    while len(answer) < len(ECHO):
        part = connection.recv(len(ECHO) - len(answer))
        if not part:
            raise BenchmarkError("a WebSocket was closed")
        answer += part
    if answer != ECHO:
        raise BenchmarkError(f"a WebSocket echoed {answer!r}")


def open_idle(port, first, count):
    connections = [dial(port, first + i) for i in range(count)]
    for connection in connections:
        upgrade(connection)
        echo(connection)
    return connections


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return 1024 * int(re.search(r"^VmRSS:\s+(\d+) kB", file.read(), re.MULTILINE)[1])


def measure(options, core):
    probes.raise_file_limit(options.connections + probes.SPARE_FILES)
    raw = probes.start_raw(options, core)
    with open(f"/proc/{raw.child.pid}/cmdline") as file:
        print(f"command: {file.read().replace(chr(0), ' ')}")
    sizes, connections = [resident_bytes(raw.child.pid)], []
    half = options.connections // 2
    for count in (half, options.connections - half):
        connections += open_idle(raw.port, len(connections), count)
        time.sleep(SETTLE_S)
        sizes.append(resident_bytes(raw.child.pid))
    for connection in connections:
        echo(connection)
    return sizes, (sizes[2] - sizes[1]) / (options.connections - half)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=positive, default=10_000, metavar="N")
    parser.add_argument("--raw", metavar="PATH", default=built("raw"), help="the binary of Raw")
    options = parser.parse_args()
    options.products = None
    if options.connections < 2:
        parser.error("two connections are the least")
    end_with_run()
    for name, value in conditions().items():
        if name in ("machine", "commit", "swift"):
            print(f"{name}: {value}")
    try:
        sizes, each = measure(options, cores()[0])
    except (BenchmarkError, OSError) as error:
        sys.exit(f"websockets.py: {error}")
    print(f"{options.connections} idle WebSockets: resident memory {sizes[0] >> 10} KiB before, {sizes[1] >> 10} with "
          f"half, {sizes[2] >> 10} with all; {each:.0f} bytes for each of the second half")


if __name__ == "__main__":
    main()
