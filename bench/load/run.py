#!/usr/bin/env python3
"""Load tests: Katana's examples beside a floor server, nginx and Hummingbird.

The servers run on one core and the load generator on another; rounds are interleaved, so that what
disturbs the machine disturbs all of them. A wrong status or a socket error fails the run.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys

# The tree is not to fill with what Python compiles.
sys.dont_write_bytecode = True

import half_load
import load
import probes
import servers
from processes import BenchmarkError, end_with_run

NAMES = list(dict.fromkeys(row.server for row in servers.ROWS))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--seconds", type=positive, default=2, help="of each measurement (default: 2)")
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME",
                        help=f"servers, besides the floor: {', '.join(NAMES)}")
    parser.add_argument("--raw", metavar="PATH", default=built("raw"), help="the binary of Raw")
    parser.add_argument("--products", metavar="PATH", default=built("products"),
                        help="the binary of Products")
    parser.add_argument("--petstore", metavar="PATH", default=built("petstore"),
                        help="the binary of PetStore")
    parser.add_argument("--json", metavar="FILE", help="write the results there as well")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--half-load", action="store_true",
                      help="instead: only latencies at half of the floor's load")
    mode.add_argument("--idle", type=positive, metavar="N",
                      help="instead: memory per connection of N idle connections to Raw")
    mode.add_argument("--allocations", action="store_true",
                      help="instead: allocations and system calls per request of Raw; "
                           "an allocation fails the run")
    options = parser.parse_args()
    if options.quick:
        options.rounds = options.seconds = 1
    return options


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def built(name):
    return os.path.join(servers.ROOT, ".build/release", name)


def output_of(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=servers.ROOT)
        return done.stdout.strip()
    except OSError:
        return ""


def found(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip() if match else "not found"


def conditions():
    """What a figure has to travel with."""
    with open("/proc/cpuinfo") as file:
        processor = found(r"^model name\s*:\s*(.*)$", file.read())
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no")
    return {
        "machine": f"{processor}, {os.cpu_count()} cores, Linux {platform.release()}",
        "commit": output_of("git", "rev-parse", "--short=12", "HEAD") + (" with changes" if changed else ""),
        "swift": found(r"Swift version (\S+)", output_of("swift", "--version")),
        "nginx": found(r"nginx/(\S+)", output_of("/usr/sbin/nginx", "-v")),
        "wrk": found(r"^wrk (?:debian/)?(\S+)", output_of("wrk", "-v")),
        "hummingbird": hummingbird_version(),
    }


def hummingbird_version():
    try:
        with open(os.path.join(servers.HUMMINGBIRD, ".build/workspace-state.json")) as file:
            dependencies = json.load(file)["object"]["dependencies"]
    except OSError:
        return "not built"
    return next((each["state"]["checkoutState"].get("version", "?") for each in dependencies
                 if each["packageRef"]["identity"] == "hummingbird"), "not found")


def cores():
    """The core of the servers and the core of the load."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise BenchmarkError("two cores are needed: one for the servers and one for the load")
    return usable[0], usable[1]


def rows_to_run(options):
    """The rows that were asked for and can be run; a missing binary is said and skipped, and
    fails the run when its server was named."""
    wanted = [row for row in servers.ROWS
              if row.server == servers.FLOOR or not options.only or row.server in options.only]
    absent = {name: servers.missing(name, options) for name in dict.fromkeys(row.server for row in wanted)}
    for name, reason in absent.items():
        if reason and options.only:
            raise BenchmarkError(f"{name}: {reason}")
        if reason:
            print(f"skipped: {name}: {reason}")
    return [row for row in wanted if not absent[row.server]]


def run_load(options, server_core, load_core):
    rows = rows_to_run(options)
    if options.half_load:
        rows = half_load.rows_of(rows)
    running = {name: servers.start(name, options, server_core)
               for name in dict.fromkeys(row.server for row in rows)}
    if "products" in running:
        servers.seed_products(running["products"])
    if "raw" in running:
        servers.compare_with_floor(running[servers.FLOOR], running["raw"])
    verify_all(rows, running, "BEFORE")
    if options.half_load:
        all_series, rate = [], half_load.measured_rate(rows[0], running, options, load_core)
    else:
        all_series = load.run_rounds(rows, running, options, load_core)
        rate = half_load.rate_of(load.floor_of(all_series, load.PLAIN).median("requests_per_s"))
    slices = half_load.run_slices(half_load.rows_of(rows), running, rate, options, load_core)
    verify_all(rows, running, "AFTER")
    load.print_table(all_series)
    half_load.print_table(slices, rate)
    return load.as_json(all_series) + half_load.as_json(slices, rate), load.failures(all_series)


def verify_all(rows, running, moment):
    for row in rows:
        servers.verify(row, running[row.server], moment)


def run_mode(options):
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    if options.idle:
        return probes.idle(options, server_core)
    if options.allocations:
        return probes.allocations(options, server_core)
    return run_load(options, server_core, load_core)


def main():
    options = parse_arguments()
    end_with_run()
    facts = conditions()
    for name, value in facts.items():
        print(f"{name}: {value}")
    try:
        results, failures = run_mode(options)
    except (BenchmarkError, OSError, subprocess.CalledProcessError) as error:
        results, failures = None, [str(error)]
    if options.json and results is not None:
        with open(options.json, "w") as file:
            json.dump({**facts, "results": results}, file, indent=2)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
