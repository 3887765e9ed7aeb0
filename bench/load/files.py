#!/usr/bin/env python3
"""Static files over HTTP/1.1: Raw's folder beside nginx with sendfile and open_file_cache; CPU time of the server per
request, medians of interleaved rounds with wrk on 16 connections. A status other than 200 fails the run."""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys

sys.dont_write_bytecode = True

from processes import BenchmarkError, Child, end_with_run, free_port, scratch_directory
from run import built, conditions, cores, positive

SIZES = {"1 KB": 1 << 10, "100 KB": 100 << 10, "10 MB": 10 << 20}

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; user root;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; open_file_cache max=100;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; location /static/ {{ alias {folder}/www/; }} }}
}}
"""


def start(name, core, options):
    folder, port = scratch_directory(), free_port()
    if name == "nginx":
        path = f"{folder}/files.conf"
        with open(path, "w") as file:
            file.write(NGINX.format(folder=folder, port=port))
        words = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", path]
    else:
        words = [options.raw, "--port", str(port), "--reactors", "1", "--io", "epoll" if name.endswith("epoll") else "auto",
                 "--static", f"{folder}/www"]
    child = Child(name, words, core)
    child.wait_for_port(port)
    return child, port


def measure(child, port, file, seconds):
    before = child.cpu_ns()
    done = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}", f"http://127.0.0.1:{port}/static/{file}"],
                          capture_output=True, text=True)
    found = re.search(r"(\d+) requests in", done.stdout)
    if not found or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise BenchmarkError(f"{child.name}: {done.stdout} {done.stderr}")
    return (child.cpu_ns() - before) / 1000 / int(found[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--seconds", type=positive, default=2)
    parser.add_argument("--raw", metavar="PATH", default=built("raw"), help="the binary of Raw")
    options = parser.parse_args()
    end_with_run()
    for name, value in conditions().items():
        print(f"{name}: {value}")
    figures = {}
    try:
        server_core, load_core = cores()
        os.sched_setaffinity(0, {load_core})
        os.makedirs(f"{scratch_directory()}/www")
        for title, size in SIZES.items():
            with open(f"{scratch_directory()}/www/{size}", "wb") as file:
                file.write(os.urandom(size))
        running = {name: start(name, server_core, options) for name in ("nginx", "raw", "raw epoll")}
        for _ in range(options.rounds):
            for title, size in SIZES.items():
                for name, (child, port) in running.items():
                    figures.setdefault((title, name), []).append(measure(child, port, size, options.seconds))
    except (BenchmarkError, OSError) as error:
        sys.exit(f"files.py: {error}")
    for (title, name), values in figures.items():
        middle, of = statistics.median(values), statistics.median(figures[title, "nginx"])
        print(f"{title:8} {name:10} {middle:9.1f} us {middle / of:6.2f} x nginx")


if __name__ == "__main__":
    main()
