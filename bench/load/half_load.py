"""Latency at half load: every server is offered half of what the floor answers, at a constant rate (rate.c)."""

import re
import statistics
from dataclasses import dataclass, field

import load
import servers
from processes import BenchmarkError, Child

WARM_UP_MS = 50
SLICE_MS = 150
SLICES_PER_ROUND = 3
# A server or generator that had to wait for its core for 1 % of a slice shows others' work as its own p99. Such slices
# are left out. When all of a server's are such, as when its threads wait for one another, all are used, and no ratio is
# given.
WAITED_US_MAX = SLICE_MS * 10
CALM_MIN = 3


@dataclass
class Slice:
    """One run of rate against one row."""

    requests: int
    late: int  # Due and without an answer at the end.
    waited_us: int
    p50_us: float
    p99_us: float
    p999_us: float


@dataclass
class Slices:
    """Those of a row."""

    row: servers.Row
    all: list = field(default_factory=list)

    def calm(self):
        return [each for each in self.all if each.waited_us <= WAITED_US_MAX]

    def used(self):
        return self.calm() or self.all

    def median(self, name):
        return statistics.median(getattr(each, name) for each in self.used())

    def ratio_to(self, floor):
        """Of the p99; None when too few slices tell about the servers alone."""
        if min(len(self.calm()), len(floor.calm())) < CALM_MIN:
            return None
        return round(self.median("p99_us") / floor.median("p99_us"), 2)

    def late(self):
        return sum(each.late for each in self.used())


def rows_of(rows):
    """Those that answer the same request."""
    return [row for row in rows if row.path == "/plaintext"]


def rate_of(floor_requests_per_s):
    return round(floor_requests_per_s / 2, -3)


def measured_rate(row, running, options, core):
    """Half of what wrk gets from the floor now."""
    samples = [load.measure(row, load.PLAIN, running[row.server], core, 1, "") for _ in range(options.rounds)]
    return rate_of(statistics.median(sample.requests_per_s for sample in samples))


def run_slices(rows, running, rate, options, core):
    """The order turns, so that no row always follows the same one."""
    program = servers.build_rate()
    all_slices = [Slices(row) for row in rows]
    for number in range(options.rounds * SLICES_PER_ROUND):
        turn = number % len(rows)
        for slices in all_slices[turn:] + all_slices[:turn]:
            slices.all.append(measure(program, slices.row, running[slices.row.server], rate, core))
    return all_slices


def measure(program, row, server, rate, core):
    before = server.child.waited_us()
    child = Child("rate", [program, str(server.port), row.path, str(load.CONNECTIONS), str(rate), str(WARM_UP_MS),
                           str(SLICE_MS)], core)
    child.wait(30)
    waited_us = server.child.waited_us() - before
    output = child.log()
    values = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", output)}
    if child.process.returncode != 0 or "requests" not in values:
        raise BenchmarkError(f"{row.name} at half load: {output.strip()[:300]}")
    return Slice(values["requests"], values["late"], max(waited_us, values["waited_us"]), values["p50_ns"] / 1000,
                 values["p99_ns"] / 1000, values["p999_ns"] / 1000)


def floor_of(all_slices):
    return next(slices for slices in all_slices if slices.row.name == servers.FLOOR)


def print_table(all_slices, rate):
    floor = floor_of(all_slices)
    print(f"\nc{load.CONNECTIONS}, {rate:.0f} requests/s offered, half of the floor's; latency since a request was "
          f"due, medians of calm slices of {SLICE_MS} ms")
    print(f"{'server':<14}{'p50 us':>9}{'p99 us':>9}{'p99.9 us':>10}{'p99 x floor':>13}{'late':>8}{'calm':>10}")
    for slices in all_slices:
        ratio = slices.ratio_to(floor)
        print(f"{slices.row.name:<14}{slices.median('p50_us'):>9.0f}{slices.median('p99_us'):>9.0f}"
              f"{slices.median('p999_us'):>10.0f}{'-' if ratio is None else f'{ratio:.2f}':>13}"
              f"{slices.late():>8}{len(slices.calm()):>5} of {len(slices.all)}")


def as_json(all_slices, rate):
    floor = floor_of(all_slices)
    return [{"server": slices.row.name, "mode": "half load", "path": slices.row.path, "offered_per_s": rate,
             "p50_us": slices.median("p50_us"), "p99_us": slices.median("p99_us"), "p999_us": slices.median("p999_us"),
             "p99_floor_ratio": slices.ratio_to(floor), "late": slices.late(),
             "calm_slices": len(slices.calm()), "p99_us_of_all_slices": [each.p99_us for each in slices.all]}
            for slices in all_slices]
