#!/usr/bin/env python3
"""HTTP/2 and TLS: Raw beside h2o, nginx and Hummingbird, with h2load and openssl s_time.

Servers run on one core and the load on another, in interleaved rounds. A row is the CPU time of the server per request
or per handshake, and its ratio to h2o's (HTTP/2) or nginx's (TLS) in the same run. An answer that is not 2xx fails it.
"""

import argparse
import getpass
import os
import re
import shutil
import statistics
import subprocess
import sys

sys.dont_write_bytecode = True

import servers
from processes import BenchmarkError, Child, end_with_run, free_port, scratch_directory
from run import built, conditions, cores, positive

H2O = """
num-threads: 1
user: {user}
listen: {{host: 127.0.0.1, port: {port}{tls}}}
hosts: {{default: {{paths: {{/: {{file.dir: {folder}/www}}}}}}}}
"""

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx2.pid; error_log {folder}/nginx2-error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path {folder}/b2; proxy_temp_path {folder}/p2; fastcgi_temp_path {folder}/f2;
  uwsgi_temp_path {folder}/u2; scgi_temp_path {folder}/s2;
  server {{ listen 127.0.0.1:{port} http2{ssl}; {certificate} location / {{ return 200 "Hello, World!"; }} }}
}}
"""

NGINX_TLS = """ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache builtin:1000;"""

# Hummingbird speaks HTTP/2 under TLS only; handshakes are swift-nio-ssl's, and are not compared.
NAMES = ("h2o", "raw", "raw epoll", "nginx", "hummingbird")
LOADS = {"c64 m10": ("-c64", "-m10"), "c1 m100": ("-c1", "-m100")}
REQUESTS = 60000
# s_time leaves before a ticket of TLS 1.3 arrives, so that it resumes sessions of 1.2 only.
HANDSHAKES = {
    "TLS 1.3 full": ("-new", "-tls1_3"),
    "TLS 1.2 full": ("-new", "-tls1_2"),
    "TLS 1.2 resumed": ("-reuse", "-tls1_2"),
}


def certificate(folder):
    if not os.path.exists(f"{folder}/cert.pem"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-days", "30",
                        "-subj", "/CN=localhost"], check=True, capture_output=True)
    return f"{folder}/cert.pem", f"{folder}/key.pem"


def write(name, text):
    path = os.path.join(scratch_directory(), name)
    with open(path, "w") as file:
        file.write(text)
    return path


def command(name, port, secure, options):
    folder = scratch_directory()
    cert, key = certificate(folder)
    if name.startswith("raw"):
        tls = ["--tls-cert", cert, "--tls-key", key] if secure else ["--h2c"]
        return [options.raw, "--port", str(port), "--reactors", "1",
                "--io", "epoll" if name.endswith("epoll") else "auto", *tls]
    if name == "hummingbird":
        return [os.path.join(servers.HUMMINGBIRD, ".build/release/hummingbird-hello"), str(port), cert, key]
    if name == "h2o":
        tls = f", ssl: {{certificate-file: {cert}, key-file: {key}}}" if secure else ""
        os.makedirs(f"{folder}/www", exist_ok=True)
        with open(f"{folder}/www/plaintext", "w") as file:
            file.write("Hello, World!")
        return [shutil.which("h2o") or "/usr/bin/h2o", "-c",
                write(f"h2o-{port}.conf", H2O.format(folder=folder, port=port, tls=tls, user=getpass.getuser()))]
    text = NGINX.format(folder=folder, port=port, ssl=" ssl" if secure else "",
                        certificate=NGINX_TLS.format(cert=cert, key=key) if secure else "")
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", write(f"nginx-{port}.conf", text)]


def start(name, secure, core, options):
    port = free_port()
    words = command(name, port, secure, options)
    if not os.access(words[0], os.X_OK):
        print(f"skipped: {name}: {words[0]} is missing")
        return None
    child = Child(f"{name}-{'tls' if secure else 'clear'}", words, core)
    child.wait_for_port(port)
    return servers.Server(child, port)


def cpu_us(server, count, act):
    before = server.child.cpu_ns()
    act()
    return (server.child.cpu_ns() - before) / 1000 / count


def h2load(server, secure, words):
    url = f"{'https' if secure else 'http'}://127.0.0.1:{server.port}/plaintext"
    done = subprocess.run(["h2load", "-n", str(REQUESTS), *words, url], capture_output=True, text=True)
    found = re.search(r"status codes: (\d+) 2xx", done.stdout)
    if not found or int(found[1]) != REQUESTS:
        raise BenchmarkError(f"{server.child.name}: {done.stdout[-400:]} {done.stderr[-200:]}")


def handshakes(server, words, seconds):
    done = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{server.port}", "-time", str(seconds), *words],
                          capture_output=True, text=True)
    counts = re.findall(r"(\d+) connections in \d+ real seconds", done.stdout)
    if not counts or int(counts[0]) == 0:
        raise BenchmarkError(f"{server.child.name}: {done.stdout[-300:]} {done.stderr[-300:]}")
    return int(counts[0])


def measure_handshakes(server, words, seconds):
    before = server.child.cpu_ns()
    count = handshakes(server, words, seconds)
    return (server.child.cpu_ns() - before) / 1000 / count


def rows(options, running):
    for load, words in LOADS.items():
        for secure in (False, True):
            for name in NAMES:
                server = running.get((name, secure))
                if server:
                    yield (f"HTTP/2 {'TLS' if secure else 'clear'} {load}", name, "h2o",
                           lambda s=server, c=secure, w=words: cpu_us(s, REQUESTS, lambda: h2load(s, c, w)))
    for title, words in HANDSHAKES.items():
        for name in ("nginx", "raw", "raw epoll"):
            server = running.get((name, True))
            if server:
                yield title, name, "nginx", lambda s=server, w=words: measure_handshakes(s, w, options.seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=positive, default=5)
    parser.add_argument("--seconds", type=positive, default=2, help="of each measurement of handshakes (default: 2)")
    parser.add_argument("--raw", metavar="PATH", default=built("raw"), help="the binary of Raw")
    options = parser.parse_args()
    end_with_run()
    for name, value in conditions().items():
        print(f"{name}: {value}")
    try:
        server_core, load_core = cores()
        os.sched_setaffinity(0, {load_core})
        running = {(name, secure): start(name, secure, server_core, options)
                   for name in NAMES for secure in (False, True) if secure or name != "hummingbird"}
        figures = {}
        for _ in range(options.rounds):
            for title, name, base, act in rows(options, running):
                figures.setdefault((title, name, base), []).append(act())
    except (BenchmarkError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"http2.py: {error}")
    print(f"\n{'':28} {'server':12} {'CPU us':>8} {'ratio':>6}")
    for (title, name, base), values in figures.items():
        middle = statistics.median(values)
        of = figures.get((title, base, base))
        ratio = f"{middle / statistics.median(of):6.2f} x {base}" if of else ""
        print(f"{title:28} {name:12} {middle:8.2f} {ratio}")


if __name__ == "__main__":
    main()
