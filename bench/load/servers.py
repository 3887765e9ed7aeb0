"""What is measured: the servers, how each is started, and the requests that are sent to it."""

import http.client
import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from typing import Optional, Tuple

from processes import BenchmarkError, Child, free_port, scratch_directory

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HUMMINGBIRD = os.path.join(ROOT, "bench/hummingbird-hello")
HELLO = b"Hello, World!"
FLOOR = "floor"

NGINX_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  # nginx closes a connection after 1000 requests by default; the others do not.
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  default_type text/plain;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "Hello, World!"; }} }}
}}
"""


@dataclass
class Row:
    """One line of the table: a request against a server. A row with content to POST is measured plain only:
    a client that pipelines them is not a case. NAME in the content differs from request to request."""

    name: str
    server: str
    path: str
    status: int = 200
    body: Optional[bytes] = HELLO  # What the answer must hold; None: any JSON object.
    posts: Optional[str] = None
    fields: Tuple[str, ...] = ()  # Further ones of the request, as NAME:VALUE.


PRODUCT = '{"sku":"NAME","name":"The Histories","price":9.5,"stock":5,"category":"books"}'
PET = '{"kind":"cat","name":"NAME","lives":9,"note":"The Histories","tags":["books"]}'
SECRET = "let-me-in"

ROWS = [
    Row(FLOOR, FLOOR, "/plaintext"),
    Row("raw", "raw", "/plaintext"),
    Row("raw epoll", "raw-epoll", "/plaintext"),
    Row("raw async", "raw", "/async"),
    Row("products get", "products", "/products/1", body=None),
    Row("products post", "products", "/products", status=201, body=None, posts=PRODUCT),
    Row("petstore post", "petstore", "/pets", status=201, body=None, posts=PET, fields=(f"X-API-Key:{SECRET}",)),
    Row("nginx", "nginx", "/plaintext"),
    Row("hummingbird", "hummingbird", "/plaintext"),
]


@dataclass
class Server:
    child: Child
    port: int


def build_floor():
    """Compiles the floor server, by the name of its binary."""
    return build_c("floor.c", "floor")


def build_rate():
    return build_c("rate.c", "rate", f"-I{ROOT}/csrc", f"-I{ROOT}/include", f"{ROOT}/csrc/base/histogram.c")


def build_c(source, name, *options):
    folder = os.path.join(ROOT, ".build-bench")
    os.makedirs(folder, exist_ok=True)
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise BenchmarkError("no C compiler: install gcc or clang")
    output = os.path.join(folder, name)
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", output, os.path.join(HERE, source),
                    *options], check=True)
    return output


def nginx_command(port):
    folder = scratch_directory()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as file:
        file.write(NGINX_CONFIGURATION.format(folder=folder, port=port))
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", path]


def command_of(name, port, options):
    """The command of a server, and what provides its binary."""
    katana = ["--port", str(port), "--reactors", "1"]
    if name == FLOOR:
        return [build_floor(), str(port)], ""
    if name == "raw":
        return [options.raw, *katana], "swift build -c release --product raw"
    if name == "raw-epoll":
        return [options.raw, *katana, "--io", "epoll"], "swift build -c release --product raw"
    if name == "products":
        return [options.products, *katana], "swift build -c release --product products"
    if name == "petstore":
        return ([options.petstore, *katana, "--secret", SECRET],
                "swift build -c release --product petstore")
    if name == "nginx":
        return nginx_command(port), "apt-get install nginx-light"
    return ([os.path.join(HUMMINGBIRD, ".build/release/hummingbird-hello"), str(port)],
            "swift build -c release --package-path bench/hummingbird-hello")


def missing(name, options):
    """Why a server cannot be started; None when it can."""
    command, provider = command_of(name, 0, options)
    return None if os.access(command[0], os.X_OK) else f"{command[0]} is missing: {provider}"


def start(name, options, core, environment=None):
    port = free_port()
    child = Child(name, command_of(name, port, options)[0], core, environment)
    child.wait_for_port(port)
    return Server(child, port)


def ask(port, method, path, body=None, fields=()):
    """One request on a connection of its own: status, fields, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        type_field = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body, type_field | dict(field.split(":", 1) for field in fields))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"{method} {path} on port {port}: {error!r}") from None
    finally:
        connection.close()


def verify(row, server, moment):
    """Asks once, and holds the answer against what the row expects of it."""
    body = row.posts.replace("NAME", f"{moment}-VERIFY") if row.posts else None
    status, _, content = ask(server.port, "POST" if body else "GET", row.path, body, row.fields)
    good = content == row.body if row.body is not None else is_object(content)
    if status != row.status or not good:
        raise BenchmarkError(f"{row.name}, {moment.lower()} the load: answered {status} {content[:200]!r}")


def is_object(content):
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def seed_products(server):
    """Adds the product that `products get` reads."""
    status, fields, content = ask(server.port, "POST", "/products", PRODUCT.replace("NAME", "SEED-1"))
    location = fields.get("Location") or ""
    if status != 201 or not location.endswith("/products/1"):
        raise BenchmarkError(f"products: the seed was answered {status}, Location {location!r}: "
                             f"{content[:200]!r}")


def exchange(connection, request):
    """Sends a request on an open socket and gives back the bytes of its answer."""
    connection.sendall(request)
    answer = b""
    while True:
        head, end, body = answer.partition(b"\r\n\r\n")
        if end and len(body) >= content_length(head):
            return answer
        part = connection.recv(65536)
        if not part:
            raise BenchmarkError(f"the connection was closed after {answer[:200]!r}")
        answer += part


def content_length(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise BenchmarkError(f"an answer without Content-Length: {head!r}")


def plaintext_request(port):
    return f"GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def compare_with_floor(floor, raw):
    """The ratio to the floor means something only when both send as many bytes."""
    sizes = []
    for server in (floor, raw):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            sizes.append(len(exchange(connection, plaintext_request(server.port))))
    if sizes[0] != sizes[1]:
        raise BenchmarkError(f"floor answers with {sizes[0]} bytes and raw with {sizes[1]}: "
                             "change ANSWER in floor.c")
