"""Starts a built service on a free port and talks to it, byte by byte when asked to."""

import atexit
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("KATANA_BIN", ROOT / ".build/release")).resolve()  # a build's folder
# The command, of the newest build that has it: `make test` has only one for debugging.
KATANA = max((path for path in (BINARIES / "katana", ROOT / ".build/debug/katana") if path.exists()),
             key=lambda path: path.stat().st_mtime, default=None)
PATIENCE = 120  # seconds: they decide nothing but when a test that hangs is given up


def open_files(process):
    """What a process has open; some of it may be closed meanwhile."""
    for link in pathlib.Path(f"/proc/{process}/fd").iterdir():
        try:
            yield os.readlink(link)
        except FileNotFoundError:
            pass


class Service:
    """A process that is listening; stop() drains it and gives its exit code."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen(
            [BINARIES / program, "--port", "0", "--io", os.environ.get("KATANA_IO", "auto"), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        atexit.register(self.kill)
        self.port = self._port()

    def _port(self):
        while line := self.process.stdout.readline():
            if found := re.search(r"listening on https?://[^ ]*:(\d+)", line):
                os.set_blocking(self.process.stdout.fileno(), False)
                return int(found[1])
            if found := re.search(r"no I/O driver '\w+': (.*)", line):
                print(f"skipped: {found[1]}")
                sys.exit(0)
        raise SystemExit(f"the service did not start; exit code {self.process.wait()}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def connect(self, timeout=PATIENCE):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def private_memory(self):
        """Bytes that belong to this process alone. Pages of files do not count: a library's become private when another
        process that has it loaded ends."""
        rollup = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Anonymous:\s+(\d+) kB", rollup, re.M)[1])


class Response:
    def __init__(self, head, body):
        lines = head.split(b"\r\n")
        self.status = int(lines[0].split(b" ")[1])
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            self.fields[name.decode().lower()] = value.strip().decode()
        self.body = body
        self.trailers = []  # lines behind the chunks


class Reader:
    """Cuts responses off a connection."""

    def __init__(self, connection):
        self.connection = connection
        self.pending = b""

    def _more(self):
        data = self.connection.recv(65536)
        if not data:
            raise EOFError(f"the connection ended with {self.pending[:80]!r} pending")
        self.pending += data

    def _until(self, mark):
        while mark not in self.pending:
            self._more()
        taken, _, self.pending = self.pending.partition(mark)
        return taken

    def _exactly(self, count):
        while len(self.pending) < count:
            self._more()
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def response(self, to_head=False):
        head = self._until(b"\r\n\r\n")
        response = Response(head, b"")
        if response.status == 100 or to_head or response.status in (204, 304):
            return response
        if response.fields.get("transfer-encoding") == "chunked":
            while size := int(self._until(b"\r\n"), 16):
                response.body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
            while line := self._until(b"\r\n"):
                response.trailers.append(line.decode())
        elif "content-length" in response.fields:
            response.body = self._exactly(int(response.fields["content-length"]))
        else:
            response.body = self.rest()
        return response

    def rest(self):
        """Everything up to the end of the connection."""
        try:
            while True:
                self._more()
        except EOFError:
            taken, self.pending = self.pending, b""
            return taken


ESTABLISHED = 1


def server_side(connection):
    """What the kernel says of the other end of a loopback connection: its state, the bytes that we have not taken of
    it, and those that it has not read. None once it is gone."""
    try:
        ours, theirs = connection.getsockname()[1], connection.getpeername()[1]
    except OSError:
        return None
    with open("/proc/net/tcp") as table:
        for fields in map(str.split, table):
            if fields[1].endswith(f":{theirs:04X}") and fields[2].endswith(f":{ours:04X}"):
                unsent, unread = fields[4].split(":")
                return int(fields[3], 16), int(unsent, 16), int(unread, 16)
    return None


def wait_until(holds, what):
    """Looks until something holds; says what does not after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, what
        time.sleep(0.01)


def ends(connection):
    """True when the peer ends its side; what it sends before is dropped."""
    deadline = time.monotonic() + PATIENCE
    while (left := deadline - time.monotonic()) > 0:
        if select.select([connection], [], [], left)[0]:
            try:
                if not connection.recv(65536):
                    return True
            except ConnectionResetError:
                return True
    return False


class Suite:
    """Runs functions as tests; their docstrings are the sentences that are printed."""

    def __init__(self):
        self.tests = []

    def test(self, function):
        self.tests.append(function)
        return function

    def run(self):
        failed = 0
        for function in self.tests:
            try:
                function()
            except Exception as error:  # noqa: BLE001 - a failing test must not end the others
                failed += 1
                print(f"FAILED {function.__doc__ or function.__name__}\n       {type(error).__name__}: {error}")
        print(f"{len(self.tests) - failed} passed, {failed} failed")
        raise SystemExit(1 if failed else 0)
