"""Child processes of a benchmark run: every one that is started here is ended here, by its pid."""

import atexit
import ctypes
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

START_TIMEOUT_S = 15
STOP_TIMEOUT_S = 5
PR_SET_PDEATHSIG = 1
CPUCLOCK_SCHED = 2

_libc = ctypes.CDLL(None)
_running = []
_scratch = None


class BenchmarkError(Exception):
    """The run cannot go on, or its figures cannot be used."""


def scratch_directory():
    """A folder for logs and configurations, removed at the end."""
    global _scratch
    if _scratch is None:
        _scratch = tempfile.mkdtemp(prefix="katana-bench-")
    return _scratch


def end_with_run():
    """Ends the children whichever way the run ends, short of SIGKILL; see `_die_with_parent`."""
    atexit.register(_end_all)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def _end_all():
    for child in reversed(_running.copy()):
        child.stop()
    if _scratch is not None:
        shutil.rmtree(_scratch, ignore_errors=True)


def _die_with_parent():
    # SIGTERM and not SIGKILL: nginx's master has to end its workers.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A process on one core, with its output in a log."""

    def __init__(self, name, command, core, environment=None):
        self.name = name
        self.log_path = os.path.join(scratch_directory(), f"{name.replace(' ', '-')}.log")
        with open(self.log_path, "wb") as log:
            # taskset replaces itself by the command, so the pid is the command's.
            self.process = subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})}, preexec_fn=_die_with_parent)
        self.pid = self.process.pid
        _running.append(self)

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def wait_for_port(self, port):
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise BenchmarkError(f"{self.name} does not listen on port {port}: {self.log().strip()[-500:]}")

    def family(self):
        """The pids of the process and its descendants."""
        pids = [self.pid]
        for pid in pids:
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                pids += [int(word) for word in _read(path).split()]
        return pids

    def cpu_ns(self):
        """CPU time so far, of all its processes. It is the figure that schedstat gives per thread, and
        threads that have ended are in it as well."""
        return sum(_process_cpu_ns(pid) for pid in self.family())

    def waited_us(self):
        """Time so far that threads of its processes were ready and had no core."""
        return sum(int((_read(path).split() or [0, 0])[1]) for pid in self.family()
                   for path in glob.glob(f"/proc/{pid}/task/*/schedstat")) // 1000

    def wait(self, timeout_s):
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise BenchmarkError(f"{self.name} is still running after {timeout_s} s") from None
        _running.remove(self)

    def stop(self):
        if self in _running:
            _running.remove(self)
        descendants = self.family()[1:]
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                for pid in descendants:  # They had no master left to end them.
                    _kill(pid)


def _process_cpu_ns(pid):
    # The clock that clock_getcpuclockid(3) names; Python has no call for it.
    try:
        return time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)
    except OSError:
        return 0  # It ended between the listing and the reading.


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _read(path):
    # A thread or process may end between the listing and the reading.
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""
