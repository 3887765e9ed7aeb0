"""Rounds of wrk over the servers, and the table of their medians."""

import os
import re
import shutil
import statistics
from dataclasses import dataclass, field

import servers
from processes import BenchmarkError, Child

CONNECTIONS = 64
PLAIN, PIPELINED = "c64", "c64 pipelined x16"
# A machine shared with compilers may hold a process for longer than wrk's default of 2 s.
ANSWER_TIMEOUT_S = 10


@dataclass
class Sample:
    """One run of wrk against one row."""

    requests: int
    requests_per_s: float
    p50_us: int
    p99_us: int
    p999_us: int
    errors: dict  # Kind to count, those above 0 only.
    cpu_us: float  # Per request, of all the server's threads.


@dataclass
class Series:
    """The samples of a row in one mode, one per round."""

    row: servers.Row
    mode: str
    samples: list = field(default_factory=list)

    def median(self, name):
        return statistics.median(getattr(sample, name) for sample in self.samples)

    def requests(self):
        return sum(sample.requests for sample in self.samples)

    def errors(self):
        total = {}
        for sample in self.samples:
            for kind, count in sample.errors.items():
                total[kind] = total.get(kind, 0) + count
        return total

    def ratio_to(self, floor):
        """The median of the ratios within a round: what disturbs the machine for seconds is in both."""
        return statistics.median(
            mine.cpu_us / its.cpu_us for mine, its in zip(self.samples, floor.samples))


def modes_of(row):
    return [PLAIN] if row.posts else [PLAIN, PIPELINED]


def script_of(row, mode):
    if row.posts:
        return "post.lua"
    return "report.lua" if mode == PLAIN else "pipeline.lua"


def wrk_command(row, mode, port, seconds, prefix):
    script = os.path.join(servers.HERE, script_of(row, mode))
    return [shutil.which("wrk") or "/usr/bin/wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
            f"--timeout={ANSWER_TIMEOUT_S}s", "-s", script,
            f"http://127.0.0.1:{port}{row.path}", "--", prefix, *([row.posts, *row.fields] if row.posts else [])]


def measure(row, mode, server, core, seconds, prefix):
    before = server.child.cpu_ns()
    wrk = Child("wrk", wrk_command(row, mode, server.port, seconds, prefix), core,
                {"WRK_CONNECTIONS": str(CONNECTIONS)})
    wrk.wait(seconds + ANSWER_TIMEOUT_S + 10)
    return sample_from(row, wrk.log(), server.child.cpu_ns() - before)


def sample_from(row, output, cpu_ns):
    line = re.search(r"^report (.*)$", output, re.MULTILINE)
    if line is None:
        raise BenchmarkError(f"{row.name}: wrk gave no report: {output.strip()[-500:]}")
    values = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line[1])}
    if values["requests"] == 0:
        raise BenchmarkError(f"{row.name}: no request was answered: {line[0]}")
    kinds = ("connect", "read", "write", "timeout", "status")
    return Sample(
        requests=values["requests"],
        requests_per_s=values["requests"] / (values["duration_us"] / 1e6),
        p50_us=values["p50"], p99_us=values["p99"], p999_us=values["p999"],
        errors={kind: values[kind] for kind in kinds if values[kind] > 0},
        cpu_us=cpu_ns / 1000 / values["requests"])


def run_rounds(rows, running, options, core):
    """Every row in every mode once per round. The order turns from round to round, so that no row
    always follows the same one."""
    all_series = [Series(row, mode) for mode in (PLAIN, PIPELINED) for row in rows if mode in modes_of(row)]
    for number in range(options.rounds):
        for mode in (PLAIN, PIPELINED):
            series_of_mode = [series for series in all_series if series.mode == mode]
            turn = number % len(series_of_mode)
            for series in series_of_mode[turn:] + series_of_mode[:turn]:
                server = running[series.row.server]
                series.samples.append(
                    measure(series.row, mode, server, core, options.seconds, f"R{number}"))
        print(f"round {number + 1} of {options.rounds} done", flush=True)
    return all_series


def print_table(all_series):
    for mode in (PLAIN, PIPELINED):
        series_of_mode = [series for series in all_series if series.mode == mode]
        if not series_of_mode:
            continue
        print(f"\n{mode}, median of {len(series_of_mode[0].samples)} rounds")
        print(f"{'server':<14}{'req/s':>10}{'p50 us':>9}{'p99 us':>9}{'p99.9 us':>10}"
              f"{'CPU us/req':>12}{'x floor':>9}{'answers':>11}{'errors':>8}")
        for series in series_of_mode:
            print_line(series, floor_of(all_series, mode))


def print_line(series, floor):
    print(f"{series.row.name:<14}{series.median('requests_per_s'):>10.0f}{series.median('p50_us'):>9.0f}"
          f"{series.median('p99_us'):>9.0f}{series.median('p999_us'):>10.0f}{series.median('cpu_us'):>12.2f}"
          f"{series.ratio_to(floor):>9.2f}{series.requests():>11}{sum(series.errors().values()):>8}")


def floor_of(all_series, mode):
    return next(series for series in all_series if series.row.name == servers.FLOOR and series.mode == mode)


def failures(all_series):
    return [f"{series.row.name}, {series.mode}: wrk counted errors: "
            + ", ".join(f"{kind} {count}" for kind, count in series.errors().items())
            for series in all_series if series.errors()]


def as_json(all_series):
    return [{"server": series.row.name, "mode": series.mode, "path": series.row.path,
             "requests_per_s": round(series.median("requests_per_s")),
             "p50_us": series.median("p50_us"), "p99_us": series.median("p99_us"),
             "p999_us": series.median("p999_us"), "cpu_us_per_request": round(series.median("cpu_us"), 3),
             "floor_ratio": round(series.ratio_to(floor_of(all_series, series.mode)), 3),
             "answers": series.requests(), "errors": series.errors(),
             "cpu_us_of_rounds": [round(sample.cpu_us, 3) for sample in series.samples]}
            for series in all_series]
