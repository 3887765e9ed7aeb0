"""Counters of Raw that do not wobble: memory of idle connections, allocations, system calls."""

import os
import re
import resource
import shutil
import signal
import socket
import struct
import time

import servers
from processes import BenchmarkError, Child, free_port, scratch_directory

IDLE_BYTES_MAX = 512
WARM_UP_REQUESTS = 2_000
COUNTED_REQUESTS = 20_000
TRACED_REQUESTS = 2_000
PIPELINE_DEPTH = 16
SPARE_FILES = 200  # Descriptors besides the connections.


def start_raw(options, core, environment=None):
    reason = servers.missing("raw", options)
    if reason:
        raise BenchmarkError(reason)
    return servers.start("raw", options, core, environment)


# Memory of idle connections


def idle(options, core):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 2 * SPARE_FILES < hard < options.idle + SPARE_FILES:
        options.idle = hard - SPARE_FILES
        print(f"{options.idle} connections instead: no more than {hard} files may be open (ulimit -Hn)")
    raise_file_limit(options.idle + SPARE_FILES)
    raw = start_raw(options, core)
    with connected(raw.port) as first:  # What the first request alone sets up is not per connection.
        servers.exchange(first, servers.plaintext_request(raw.port))
    sizes, connections = [private_bytes(raw.child.pid)], []
    half = options.idle // 2
    for count in (half, options.idle - half):
        connections += open_idle(raw.port, count)
        time.sleep(1)
        sizes.append(private_bytes(raw.child.pid))
    check_all_open(connections)
    # The first half also touches what is there once, such as the buffers that all connections share.
    each = (sizes[2] - sizes[1]) / (options.idle - half)
    print(f"\n{options.idle} idle connections: private memory grew by {(sizes[2] - sizes[0]) // 1024} KiB, "
          f"{each:.0f} bytes for each connection of the second half")
    result = {"idle_connections": options.idle, "private_bytes_per_connection": round(each)}
    too_much = f"raw holds {each:.0f} bytes per idle connection, more than {IDLE_BYTES_MAX}"
    return result, [too_much] if each > IDLE_BYTES_MAX else []


def raise_file_limit(wanted):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, OSError):
        raise BenchmarkError(f"the limit of open files cannot be raised from {hard} to {wanted}") from None


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def open_idle(port, count):
    """Connections that have had one answer each and stay open."""
    request = servers.plaintext_request(port)
    connections = []
    for _ in range(count):
        connections.append(connected(port))
        servers.exchange(connections[-1], request)
    return connections


def check_all_open(connections):
    """The figure is wrong when the server has closed some of the connections meanwhile."""
    for number, connection in enumerate(connections):
        connection.setblocking(False)
        try:
            connection.recv(1)
            raise BenchmarkError(f"connection {number + 1} did not stay idle and open")
        except BlockingIOError:
            pass


def private_bytes(pid):
    """The memory that the process has to itself."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        sizes = re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB", file.read(), re.M)
    return sum(int(size) for size in sizes) * 1024


# Allocations and system calls


def allocations(options, core):
    library = servers.build_c("malloc_count.c", "malloc_count.so", "-shared", "-fPIC")
    counter = AllocationCounter(os.path.join(scratch_directory(), "malloc-count"))
    raw = start_raw(options, core, {"LD_PRELOAD": library, "MALLOC_COUNT_FILE": counter.path})
    print()
    if count_allocations(raw.port, counter, "headers, which allocates", "/headers", 1) < COUNTED_REQUESTS:
        raise BenchmarkError("the allocations of raw are not seen: GET /headers builds strings on the heap")
    counts = {name: count_allocations(raw.port, counter, name, path, depth)
              for name, path, depth in (("plaintext", "/plaintext", 1),
                                        (f"plaintext pipelined x{PIPELINE_DEPTH}", "/plaintext", PIPELINE_DEPTH),
                                        ("async", "/async", 1))}
    raw.child.stop()
    calls = system_calls(options, core)
    result = {"requests": COUNTED_REQUESTS, "allocations": counts, "system_calls_per_request": calls}
    return result, [f"raw {name}: {count} allocations in {COUNTED_REQUESTS} requests, 0 expected"
                    for name, count in counts.items() if count > 0] + too_many(calls)


def too_many(calls):
    """One wait, which submits as well, with io_uring; a wait, a read and a send with epoll. 2 % are for turns that timers
    and the tracer's own signals cause."""
    faults = []
    for key, figures in calls.items():
        depth = PIPELINE_DEPTH if "pipelined" in key else 1
        most = (1 if "io_uring_enter" in figures else 3) * 1.02 / depth
        if not key.startswith(servers.FLOOR) and figures["total"] > most:
            faults.append(f"{key}: {figures['total']:.3f} system calls per request, more than {most:.3f}")
    return faults


class AllocationCounter:
    """The reading side of malloc_count.c."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(8))

    def read(self):
        with open(self.path, "rb") as file:
            return struct.unpack("<Q", file.read(8))[0]


def count_allocations(port, counter, name, path, depth):
    """The allocations of a keep-alive connection that is warm."""
    with connected(port) as connection:
        send_many(connection, port, path, WARM_UP_REQUESTS, depth)
        before = counter.read()
        send_many(connection, port, path, COUNTED_REQUESTS, depth)
        count = counter.read() - before
    print(f"{name}: {count} allocations in {COUNTED_REQUESTS} requests, "
          f"{count / COUNTED_REQUESTS:.4f} per request")
    return count


def send_many(connection, port, path, count, depth):
    """Requests in batches of `depth`, each batch answered before the next is sent."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    size = len(servers.exchange(connection, request))
    for _ in range(count // depth):
        connection.sendall(request * depth)
        left = size * depth
        while left > 0:
            part = connection.recv(left)
            if not part:
                raise BenchmarkError(f"the connection was closed during GET {path}")
            left -= len(part)


class NotTraced(Exception):
    """The system does not let one process trace another, as in many containers."""


def system_calls(options, core):
    """System calls per request of the floor and of Raw on both drivers; empty without strace."""
    if shutil.which("strace") is None:
        print("system calls: skipped: strace is missing: apt-get install strace")
        return {}
    figures = {}
    for name in (servers.FLOOR, "raw", "raw-epoll"):
        server = servers.start(name, options, core)
        for depth in (1, PIPELINE_DEPTH):
            key = name if depth == 1 else f"{name} pipelined x{depth}"
            try:
                figures[key] = calls_per_request(server, core, depth)
            except NotTraced as reason:
                print(f"system calls: skipped: {reason}")
                return {}
            print(f"{key}: {figures[key]['total']:.3f} system calls per request "
                  + ", ".join(f"{call} {count:.3f}" for call, count in figures[key].items()
                              if call != "total"))
        server.child.stop()
    return figures


def calls_per_request(server, core, depth):
    """strace is attached while one connection sends, so that starting up is not counted."""
    path = os.path.join(scratch_directory(), f"strace-{free_port()}")
    with connected(server.port) as connection:
        send_many(connection, server.port, "/plaintext", PIPELINE_DEPTH, depth)
        tracer = Child("strace", ["strace", "-c", "-f", "-o", path, "-p", str(server.child.pid)], core)
        wait_until_traced(server.child, tracer)
        send_many(connection, server.port, "/plaintext", TRACED_REQUESTS, depth)
        tracer.process.send_signal(signal.SIGINT)
        tracer.wait(10)
    return counts_in(path, tracer)


def wait_until_traced(child, tracer):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and tracer.process.poll() is None:
        if all(is_traced(child.pid, thread) for thread in os.listdir(f"/proc/{child.pid}/task")):
            return
        time.sleep(0.02)
    raise NotTraced(f"strace could not attach to {child.name}: {tracer.log().strip()[-300:]}")


def is_traced(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/status") as file:
        return re.search(r"^TracerPid:\s+[1-9]", file.read(), re.M) is not None


def counts_in(path, tracer):
    with open(path) as file:
        table = file.read()
    # Columns: % time, seconds, usecs/call, calls, errors (may be empty), name.
    lines = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", table, re.M)
    counts = {name: int(calls) / TRACED_REQUESTS for calls, name in lines}
    if "total" not in counts:
        raise BenchmarkError(f"strace printed no totals: {(table or tracer.log()).strip()[-300:]}")
    return counts
