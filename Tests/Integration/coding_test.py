"""Compressed responses and requests over HTTP/1.1, HTTP/2 and TLS, with curl and zlib; br and zstd by curl."""

import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import zlib

from service import PATIENCE, Reader, Service, Suite

suite = Suite()
scratch = tempfile.TemporaryDirectory(prefix="katana-coding-")  # gone at the end
FOLDER = pathlib.Path(scratch.name)
TEXT = "".join(f"line {n} of a text that shrinks\n" for n in range(3000)).encode()
CODINGS = ("gzip", "br", "zstd")
SQUARES = "/squares/1700000"


def make_certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", FOLDER / "key.pem", "-out", FOLDER / "cert.pem", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)


make_certificate()
plain = Service("raw", "--reactors", "1", "--h2c")
secure = Service("raw", "--reactors", "1", "--tls-cert", f"{FOLDER}/cert.pem", "--tls-key", f"{FOLDER}/key.pem")
products = Service("products", "--reactors", "1", "--h2c")
# A way to reach the service: curl's options and the address.
WAYS = [
    (["--http1.1"], f"http://127.0.0.1:{plain.port}"),
    (["--http2-prior-knowledge"], f"http://127.0.0.1:{plain.port}"),
    (["--http1.1", "--cacert", f"{FOLDER}/cert.pem"], f"https://127.0.0.1:{secure.port}"),
    (["--http2", "--cacert", f"{FOLDER}/cert.pem"], f"https://127.0.0.1:{secure.port}"),
]
PRODUCTS = [(["--http1.1"], f"http://127.0.0.1:{products.port}"),
            (["--http2-prior-knowledge"], f"http://127.0.0.1:{products.port}")]


def curl(way, path, *arguments, content=b""):
    """Status, fields in lower case, and content as curl leaves it."""
    options, address = way
    head = FOLDER / "head"
    done = subprocess.run(["curl", "-s", "-D", head, *options, *arguments, address + path], input=content,
                          capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, (options, path, done.returncode)
    blocks = [b for b in head.read_text().replace("\r", "").split("\n\n") if b]
    lines = [block for block in blocks if " 100" not in block.split("\n")[0]][-1].split("\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), fields, done.stdout


def echo(way, content, *arguments):
    return curl(way, "/echo", "-H", "Content-Type: text/plain", "--data-binary", "@-", *arguments, content=content)


@suite.test
def whole():
    """a whole response is coded as asked, and curl reads it back"""
    long = "-H", "X-Long: " + "abc def ghi, " * 300 + "end"
    for way in WAYS:
        _, fields, expected = curl(way, "/headers", *long, "-H", "Accept-Encoding: identity")
        assert "content-encoding" not in fields and fields["vary"] == "accept-encoding", fields
        for coding in CODINGS:
            status, fields, content = curl(way, "/headers", *long, "--compressed", "-H", f"Accept-Encoding: {coding}")
            assert (status, fields["content-encoding"], fields["vary"]) == (200, coding, "accept-encoding"), fields
            assert int(fields["content-length"]) < 1000 < len(content)
            assert content == expected.replace(b"identity", coding.encode())


@suite.test
def large():
    """20 MB of JSON in each coding are those of the plain response"""
    for way in WAYS:
        _, fields, expected = curl(way, SQUARES, "-H", "Accept-Encoding: identity")
        assert "content-encoding" not in fields and int(fields["content-length"]) == len(expected) > 20_000_000
        for coding in CODINGS:
            status, fields, content = curl(way, SQUARES, "--compressed", "-H", f"Accept-Encoding: {coding}")
            assert (status, fields["content-encoding"]) == (200, coding), fields
            assert "content-length" not in fields and content == expected, (way, coding, len(content))


def highest_memory(service):
    """Bytes that the process ever had at a time."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return 1024 * int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)[1])


@suite.test
def slow_readers():
    """a slow reader of 20 MB costs what the plain content takes, not what is made of it"""
    for options in (["--http1.1"], ["--http2-prior-knowledge"]):
        service = Service("raw", "--reactors", "1", "--h2c")
        way = options, f"http://127.0.0.1:{service.port}"
        curl(way, SQUARES, "-I", "-H", "Accept-Encoding: gzip")
        plain_memory = highest_memory(service)
        _, fields, coded = curl(way, SQUARES, "-H", "Accept-Encoding: gzip", "--limit-rate", "4M")
        assert fields["content-encoding"] == "gzip" and len(coded) > 6_000_000, (fields, len(coded))
        assert zlib.decompress(coded, 31).endswith(b"]")
        more = highest_memory(service) - plain_memory
        if "KATANA_SANITIZED" not in os.environ:  # sanitizers keep what was freed
            assert more < 3_000_000, f"{options}: {more} bytes more"
        assert service.stop() == 0


@suite.test
def streams():
    """a stream is coded and read back whole"""
    for way in WAYS:
        for coding in CODINGS:
            status, fields, content = echo(way, TEXT, "--compressed", "-H", f"Accept-Encoding: {coding}")
            assert (status, fields["content-encoding"]) == (200, coding), fields
            assert "content-length" not in fields and content == TEXT


@suite.test
def small_and_binary():
    """small responses and bytes of no known type stay as they are"""
    for way in WAYS:
        for path in ("/plaintext", "/bytes/5000"):
            _, fields, _ = curl(way, path, "--compressed")
            assert "content-encoding" not in fields and "content-length" in fields, fields


@suite.test
def events_arrive_one_by_one():
    """each event of a compressed stream can be decoded when it was written"""
    for tls in (False, True):
        service = secure if tls else plain
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
        if tls:
            context = ssl.create_default_context(cafile=f"{FOLDER}/cert.pem")
            connection = context.wrap_socket(connection, server_hostname="127.0.0.1")
        connection.sendall(b"GET /events?n=2 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        reader = Reader(connection)
        assert b"Content-Encoding: gzip" in reader._until(b"\r\n\r\n")
        decoder, text = zlib.decompressobj(31), b""
        while b"tick 0" not in text:
            text += decoder.decompress(reader._exactly(int(reader._until(b"\r\n"), 16)))
            reader._exactly(2)
        assert b"tick 1" not in text, "the first event waited for the second"
        connection.close()


@suite.test
def requests():
    """gzip and deflate content reaches the handler decoded"""
    for way in WAYS:
        for coding, bits in (("gzip", 31), ("deflate", 15)):
            packer = zlib.compressobj(wbits=bits)
            packed = packer.compress(TEXT) + packer.flush()
            for more in ([], ["-H", "Transfer-Encoding: chunked"] if "--http1.1" in way[0] else []):
                status, _, content = echo(way, packed, "-H", f"Content-Encoding: {coding}", *more)
                assert (status, content) == (200, TEXT), (way, coding, status, len(content))


def pack(content):
    packer = zlib.compressobj(wbits=31)
    return packer.compress(content) + packer.flush()


@suite.test
def refused_requests():
    """unknown, malformed, truncated and exploding content is refused, whole content is read"""
    product = b'{"sku":"AB-%04d","name":"' + b"n" * 150 + b'","price":1.5,"stock":1,"category":"books"}'
    packed = pack(product)
    for n, way in enumerate(PRODUCTS):
        def post(content, coding="gzip"):
            return curl(way, "/products", "-H", "Content-Type: application/json", "-H", f"Content-Encoding: {coding}",
                        "--data-binary", "@-", content=content)

        status, _, content = post(pack(product % n))
        assert status == 201, (way, status, content)
        if "--http1.1" in way[0]:  # curl 7.88 takes a stream that is refused before its content for a broken one
            status, fields, _ = post(packed, "compress")
            assert (status, fields["accept-encoding"]) == (415, "gzip, deflate, br, zstd"), (status, fields)
        for wrong in (b"no gzip", packed[:-1], packed + b"x"):
            assert post(wrong)[0] == 400, wrong
        assert post(pack(bytes(4 << 20)))[0] == 413


suite.run()
