#!/usr/bin/env python3
"""Holds the instructions that hot operations take against the numbers in bench/baseline.

Each operation of bench/micro/budget_bench.c runs twice under callgrind, with different counts; the difference of
instructions over the difference of counts is what one operation takes, without start-up. One that grows by more than
2 % fails the run; for one that shrinks by more, or that has no number yet, the run says how to write it.

The counts depend on the compiler and on the variants that libc and csrc/base/scan.c choose by what the processor can.
Valgrind shows programs an x86-64 up to AVX2 whatever there is beyond, so the numbers are the same on every machine
with AVX2. On others nothing is counted and nothing fails.
"""

import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASELINE = ROOT / "bench" / "baseline"
BUILD = ROOT / ".build-budgets"
ROOMS = ("base", "http", "http1", "json", "route")
TOLERANCE_PERCENT = 2.0
# Multiples of the 1024 paths that a route table is asked for, so that both runs see the same mix.
COUNT_SMALL, COUNT_LARGE = 1024, 3072


def fail(line):
    sys.exit(f"budgets: {line}")


def reason_to_skip():
    """Why these numbers mean nothing here, or None."""
    if platform.machine() != "x86_64":
        return f"the numbers are for x86-64, this is {platform.machine()}"
    if " avx2 " not in pathlib.Path("/proc/cpuinfo").read_text():
        return "the numbers are for processors with AVX2"
    return None


def compiler():
    for path in ("/opt/swift/usr/bin/clang", shutil.which("clang")):
        if path and os.access(path, os.X_OK):
            return path
    return fail("the numbers are for clang, and there is none in PATH")


def build():
    """The rooms that the operations use, and without debug information: Valgrind 3.19 cannot read what a new clang
    writes."""
    sources = [path for room in ROOMS for path in sorted((ROOT / "csrc" / room).glob("*.c"))]
    BUILD.mkdir(exist_ok=True)
    program = BUILD / "budget_bench"
    done = subprocess.run(
        [compiler(), "-O2", "-DNDEBUG", "-std=gnu17", "-D_GNU_SOURCE", "-Wno-nullability-completeness", "-pthread",
         f"-I{ROOT / 'include'}", f"-I{ROOT / 'csrc'}", ROOT / "bench/micro/budget_bench.c", *sources, "-o", program],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail(f"the build failed\n{done.stdout}")
    return program


def instructions(program, name, count):
    """An empty environment, because its size moves the stack."""
    callgrind = [shutil.which("valgrind"), "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run([*callgrind, program, name, str(count)], capture_output=True, text=True, env={})
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not collected:
        fail(f"{name} did not run\n{done.stderr}")
    return int(collected[1])


def per_operation(program, name):
    difference = instructions(program, name, COUNT_LARGE) - instructions(program, name, COUNT_SMALL)
    return round(difference / (COUNT_LARGE - COUNT_SMALL))


def verdict(name, new):
    """One line, and whether the budget holds."""
    path = BASELINE / name
    if not path.exists():
        return f"{name}: {new}, no number yet: bench/budgets.py --update writes it", True
    old = int(path.read_text())
    percent = 100.0 * (new - old) / old
    line = f"{name}: {old} -> {new} instructions ({percent:+.1f} %)"
    if percent > TOLERANCE_PERCENT:
        return f"{line} GREW beyond {TOLERANCE_PERCENT:.0f} %", False
    if percent < -TOLERANCE_PERCENT:
        return f"{line}: keep it with bench/budgets.py --update", True
    return line, True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the numbers to bench/baseline")
    parser.add_argument("names", nargs="*", help="only these operations")
    arguments = parser.parse_args()
    reason = reason_to_skip()
    if reason:
        print(f"budgets: not counted, {reason}")
        return 0
    if not shutil.which("valgrind"):
        fail("valgrind is missing: apt-get install valgrind")
    program = build()
    names = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    unknown = set(arguments.names) - set(names)
    if unknown:
        fail(f"no operation is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    stale = {p.name for p in BASELINE.glob("*")} - set(names)
    if stale:
        fail(f"bench/baseline has numbers of no operation: {', '.join(sorted(stale))}")
    kept = True
    for name in arguments.names or names:
        new = per_operation(program, name)
        line, holds = verdict(name, new)
        kept = kept and holds
        print(line, flush=True)
        if arguments.update:
            BASELINE.mkdir(exist_ok=True)
            (BASELINE / name).write_text(f"{new}\n")
    return 0 if kept or arguments.update else 1


if __name__ == "__main__":
    sys.exit(main())
