#!/usr/bin/env python3
"""Statements over HTTP beside the same statements through bare libpq in pipeline mode, on one PostgreSQL.

    bench/pg/run.py [--seconds 5] [--rounds 3] [--connections 64] [--only read]

README.md says what it measures. The server of PostgreSQL is this run's own, on a Unix socket, without fsync, on all
cores. Rounds of all sides alternate."""

import argparse
import glob
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "bench/load"))

import servers  # noqa: E402: stands in the folder that was just appended

STATEMENTS = {"read": "GET", "list": "GET", "insert": "POST", "update": "POST"}
READS = [name for name, method in STATEMENTS.items() if method == "GET"]
ROWS = 100_000
PIPELINE = 16  # Requests that a client of the pipelined row sends at once.
PEER_CONNECTIONS = 16  # pgx has one statement under way per connection; more than these were no faster.
HALF_LOAD_MS = 2000
FILL = f"""
INSERT INTO bench_users SELECT n, 'user number ' || n FROM generate_series(1, {ROWS}) AS n;
VACUUM ANALYZE;
"""


class Postgres:
    """A server in a private folder; PostgreSQL refuses root, so that root starts it as its own user."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        if not found:
            sys.exit("bench/pg: there is no PostgreSQL: apt-get install postgresql")
        self.programs = found[-1]
        self.folder = tempfile.mkdtemp(prefix="katana-bench-pg-")
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.do("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "--no-sync")
        settings = (f"-k {self.folder} -h '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
                    "-c autovacuum=off -c shared_buffers=256MB -c max_connections=50")
        self.do("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", settings, "start")
        self.url = f"postgres://postgres@/postgres?host={self.folder}"

    def do(self, program, *arguments, text=None):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*user, f"{self.programs}/{program}", *arguments], cwd="/tmp", input=text, text=True,
                              stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f"bench/pg: {program} failed: {done.stdout}")
        return done.stdout

    def psql(self, sql):
        return self.do("psql", "-h", self.folder, "-U", "postgres", "-d", "postgres", "-At", "-q", "-v",
                       "ON_ERROR_STOP=1", text=sql)

    def cpu(self):
        """Seconds that the backends of clients have used."""
        pids = self.psql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'").split()
        return {pid: cpu_of(pid) for pid in pids}

    def stop(self):
        self.do("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def cpu_of(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parse(line):
    return {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", line)}


def build_bare():
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    return servers.build_c(str(HERE / "bare.c"), "pg-bare", *flags)


def build_peer():
    """The Go program with Debian's packages; None without them."""
    if not shutil.which("go") or not os.path.isdir("/usr/share/gocode/src/github.com/jackc/pgx"):
        return None
    output = ROOT / ".build-bench/pg-peer"
    subprocess.run(["go", "build", "-o", output, "."], cwd=HERE / "peer", check=True,
                   env={**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode"})
    return output


class Bare:
    """libpq itself, in a process of its own for each run."""

    def __init__(self, postgres, program, depth):
        self.name, self.postgres, self.program, self.depth = "bare libpq", postgres, program, depth

    def load(self, statement, seconds):
        out = subprocess.run([self.program, self.postgres.url, statement, str(self.depth), str(seconds)], check=True,
                             text=True, stdout=subprocess.PIPE).stdout
        return parse(out)


class Service:
    """A server of HTTP whose command ends with a port, and the load on it."""

    def __init__(self, postgres, name, command, port, environment=None):
        self.postgres, self.name, self.port = postgres, name, port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"bench/pg: {name} does not start")

    def load(self, statement, seconds, connections, pipeline=1):
        before, backends = cpu_of(self.process.pid), self.postgres.cpu()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(HERE / "ids.lua"),
             f"http://127.0.0.1:{self.port}"], check=True, text=True, stdout=subprocess.PIPE,
            env={**os.environ, "BENCH_PATH": f"/{statement}/", "BENCH_METHOD": STATEMENTS[statement],
                 "BENCH_PIPELINE": str(pipeline)}).stdout
        report = parse(re.search(r"^report .*$", out, re.M)[0])
        if report["errors"]:
            sys.exit(f"bench/pg: {report['errors']:.0f} answers of {self.name} to {statement} were errors")
        after = self.postgres.cpu()
        used = sum(after[pid] - backends.get(pid, 0) for pid in after)
        return {"rate": report["requests"] / report["duration_us"] * 1e6, "p50": report["p50"], "p99": report["p99"],
                "cpu_us": (cpu_of(self.process.pid) - before) / report["requests"] * 1e6,
                "backend_us": used / report["requests"] * 1e6}

    def half_load(self, program, statement, rate, connections):
        """Latency when requests come at a constant rate, whatever becomes of those before."""
        out = subprocess.run([program, str(self.port), f"/{statement}/777", str(connections), str(round(rate)), "100",
                              str(HALF_LOAD_MS)], check=True, text=True, stdout=subprocess.PIPE).stdout
        return parse(out)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Pipelined:
    """The same service to clients that pipeline."""

    def __init__(self, service):
        self.name, self.service = f"{service.name}, x{PIPELINE}", service

    def load(self, statement, seconds, connections):
        measured = self.service.load(statement, seconds, connections, PIPELINE)
        return {**measured, "p50": 0, "p99": 0}  # wrk has none of pipelined requests


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_katana(postgres, program, connections):
    port = free_port()
    return Service(postgres, "katana", [program, "--port", str(port), "--reactors", "1", "--no-pin", "--database",
                                        postgres.url, "--connections", str(connections)], port)


def start_peer(postgres, program):
    port = free_port()
    return Service(postgres, "Go, pgx", [program, str(port), postgres.url, str(PEER_CONNECTIONS)], port,
                   {"GOMAXPROCS": "1"})


def median(samples, key):
    return sorted(sample.get(key, 0) for sample in samples)[len(samples) // 2]


def measure(statement, bare, services, options):
    samples = {each: [] for each in [bare, *services]}
    for _ in range(options.rounds):
        samples[bare].append(bare.load(statement, options.seconds))
        for service in services:
            samples[service].append(service.load(statement, options.seconds, options.connections))
    floor = median(samples[bare], "rate")
    print(f"\n{statement:<14}{'per s':>9}{'x bare':>8}{'p50 us':>9}{'p99 us':>9}{'CPU us':>9}{'backend us':>12}")
    for each, own in samples.items():
        backend = median(own, "backend_us")
        p50, p99 = (f"{value:.0f}" if value else "-" for value in (median(own, "p50"), median(own, "p99")))
        print(f"{each.name:<14}{median(own, 'rate'):>9.0f}{median(own, 'rate') / floor:>8.2f}{p50:>9}{p99:>9}"
              f"{median(own, 'cpu_us'):>9.2f}{f'{backend:.2f}' if backend else '-':>12}", flush=True)
    return {each: median(own, "rate") for each, own in samples.items()}


def measure_half_load(statement, services, rates, options):
    program = servers.build_rate()
    print(f"\n{statement}, half of its own rate offered")
    for service in services:
        runs = [service.half_load(program, statement, rates[service] / 2, options.connections)
                for _ in range(options.rounds)]
        print(f"{service.name:<14}{rates[service] / 2:>9.0f}{'':>8}{median(runs, 'p50_ns') / 1000:>9.0f}"
              f"{median(runs, 'p99_ns') / 1000:>9.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64,
                        help="clients of the services, and the depth of bare libpq")
    parser.add_argument("--pool", type=int, default=1, help="connections of the service to PostgreSQL")
    parser.add_argument("--only", choices=STATEMENTS, action="append")
    parser.add_argument("--service", default=str(ROOT / ".build/release/pg_service"))
    options = parser.parse_args()
    if not os.path.exists(options.service):
        sys.exit(f"bench/pg: {options.service} is not built: swift build -c release --product pg_service")
    program, peer_program = build_bare(), build_peer()
    postgres, started = Postgres(), []
    try:
        katana = start_katana(postgres, options.service, options.pool)
        started.append(katana)
        postgres.psql(FILL)
        if peer_program:
            started.append(start_peer(postgres, peer_program))
        else:
            print("without Go: apt-get install golang-go golang-github-jackc-pgx-v4-dev")
        bare, services = Bare(postgres, program, options.connections), [*started, Pipelined(katana)]
        for statement in options.only or STATEMENTS:
            rates = measure(statement, bare, services, options)
            if statement in READS:
                measure_half_load(statement, started, rates, options)
    finally:
        for service in started:
            service.stop()
        postgres.stop()


if __name__ == "__main__":
    main()
