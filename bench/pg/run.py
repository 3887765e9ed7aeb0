#!/usr/bin/env python3
"""Statements over HTTP beside the same statements through bare libpq in pipeline mode, on one PostgreSQL.

    bench/pg/run.py [--seconds 5] [--rounds 3] [--connections 64] [--only read]

Builds nothing: README.md says what comes first. The server of PostgreSQL is this run's own, on a Unix socket, without
fsync, on all cores; the service has one reactor. Rounds of both sides alternate. CPU is the process's own per statement:
that of PostgreSQL's backends is given beside."""

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

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATEMENTS = {"read": "GET", "list": "GET", "insert": "POST", "update": "POST"}
SCHEMA = """
CREATE TABLE bench_users (id int PRIMARY KEY, name text NOT NULL, balance int NOT NULL DEFAULT 0);
INSERT INTO bench_users SELECT n, 'user number ' || n FROM generate_series(1, 100000) AS n;
CREATE TABLE bench_events (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL, note text NOT NULL);
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
        self.psql(SCHEMA)
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


def bare(postgres, program, statement, depth, seconds):
    out = subprocess.run([program, postgres.url, statement, str(depth), str(seconds)], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return parse(out)


class Service:
    def __init__(self, postgres, program, connections):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--reactors", "1", "--no-pin", "--database", postgres.url,
             "--connections", str(connections)], stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("bench/pg: the service does not start")

    def load(self, postgres, statement, connections, seconds):
        before, backends = cpu_of(self.process.pid), postgres.cpu()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(ROOT / "bench/pg/ids.lua"),
             f"http://127.0.0.1:{self.port}"], check=True, text=True, stdout=subprocess.PIPE,
            env={**os.environ, "BENCH_PATH": f"/{statement}/", "BENCH_METHOD": STATEMENTS[statement]}).stdout
        report = parse(re.search(r"^report .*$", out, re.M)[0])
        if report["errors"]:
            sys.exit(f"bench/pg: {report['errors']:.0f} answers to {statement} were errors")
        after = postgres.cpu()
        used = sum(after[pid] - backends.get(pid, 0) for pid in after)
        return {"rate": report["requests"] / report["duration_us"] * 1e6, "p50": report["p50"], "p99": report["p99"],
                "cpu_us": (cpu_of(self.process.pid) - before) / report["requests"] * 1e6,
                "backend_us": used / report["requests"] * 1e6}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64,
                        help="clients of the service, and the depth of bare libpq")
    parser.add_argument("--pool", type=int, default=1, help="connections of the service to PostgreSQL")
    parser.add_argument("--only", choices=STATEMENTS, action="append")
    parser.add_argument("--service", default=str(ROOT / ".build/release/pg_service"))
    parser.add_argument("--bare", default=str(ROOT / ".build-c/bench_bare"))
    options = parser.parse_args()
    for program in options.service, options.bare:
        if not os.path.exists(program):
            sys.exit(f"bench/pg: {program} is not built")
    postgres = Postgres()
    try:
        service = Service(postgres, options.service, options.pool)
        for statement in options.only or STATEMENTS:
            floors, ours = [], []
            for _ in range(options.rounds):
                floors.append(bare(postgres, options.bare, statement, options.connections, options.seconds))
                ours.append(service.load(postgres, statement, options.connections, options.seconds))
            floor = sorted(floors, key=lambda r: r["rate"])[len(floors) // 2]
            own = sorted(ours, key=lambda r: r["rate"])[len(ours) // 2]
            print(f"{statement:7} bare {floor['rate']:8.0f}/s cpu {floor['cpu_us']:6.2f} us "
                  f"p99 {floor['p99']:6.0f} us   "
                  f"service {own['rate']:8.0f}/s cpu {own['cpu_us']:6.2f} us p99 {own['p99']:6.0f} us   "
                  f"backend {own['backend_us']:6.2f} us   ratio {own['rate'] / floor['rate']:.2f}", flush=True)
        service.stop()
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
