#!/usr/bin/env python3
"""What curl sends as forms arrives, over HTTP/1.1 and HTTP/2."""

import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

from service import Service, Suite, ends

PROTOCOLS = {"HTTP/1.1": "--http1.1", "HTTP/2": "--http2-prior-knowledge"}
UPLOAD_SIZE = 50 << 20
GROWTH_MAX = 8 << 20  # bytes: io_uring's buffers, touched for the first time, are 2 MB; a kept upload is 50 MB

raw = Service("raw", "--h2c", "--reactors", "1")
suite = Suite()
folder = tempfile.TemporaryDirectory()
small = pathlib.Path(folder.name, "small.bin")
empty = pathlib.Path(folder.name, "empty.txt")
large = pathlib.Path(folder.name, "large.bin")
small.write_bytes(b"a\x00b\r\n--\r\n-----\r\r\n\xff")
empty.write_bytes(b"")
large.write_bytes(os.urandom(1 << 20) * (UPLOAD_SIZE >> 20))


def curl(protocol, path, *arguments):
    """The status and the content of curl's answer."""
    run = subprocess.run(
        ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60", protocol, "--write-out",
         "%{http_code}", *arguments, f"http://127.0.0.1:{raw.port}{path}"], capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    return int(run.stdout[-3:]), run.stdout[:-3].decode()


def add(name, protocol):
    def test(function):
        def run():
            function(protocol)
        run.__doc__ = f"{name}: {function.__doc__}"
        return suite.test(run)

    @test
    def fields_arrive(protocol):
        """curl -F with text gives a part for each"""
        got = curl(protocol, "/upload", "-F", "title=hello world", "-F", "empty=", "-F", "umlaut=grün", "-F", "title=2")
        assert got == (200, "title - - 11\nempty - - 0\numlaut - - 5\ntitle - - 1\n"), got

    @test
    def files_arrive(protocol):
        """curl -F with files gives their names, media types and sizes"""
        got = curl(protocol, "/upload", "-F", "note=see file", "-F", f"picture=@{small};type=image/png",
                   "-F", f'none=@{empty};filename="grün.txt"', "-F", 'j={"a":1};type=application/json')
        assert got == (200, f"note - - 8\npicture small.bin image/png {small.stat().st_size}\n"
                            "none grün.txt text/plain 0\nj - application/json 7\n"), got

    @test
    def a_body_of_unknown_length_arrives(protocol):
        """curl -F without a length, in chunks or frames"""
        arguments = ["-H", "Transfer-Encoding: chunked"] if protocol == "--http1.1" else ["-H", "Content-Length:"]
        got = curl(protocol, "/upload", *arguments, "-F", f"f=@{small}", "-F", "last=1")
        assert got == (200, f"f small.bin application/octet-stream {small.stat().st_size}\nlast - - 1\n"), got

    @test
    def a_large_file_passes_through(protocol):
        """50 MB pass through memory that does not grow with them"""
        curl(protocol, "/upload", "-F", f"f=@{small}")
        before, peak, done = raw.private_memory(), 0, threading.Event()

        def sample():
            nonlocal peak
            while not done.is_set():
                peak = max(peak, raw.private_memory())
                time.sleep(0.002)

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            got = curl(protocol, "/upload", "--limit-rate", "100M", "-F", f"f=@{large}")
        finally:
            done.set()
            sampler.join()
        assert got == (200, f"f large.bin application/octet-stream {UPLOAD_SIZE}\n"), got
        assert 0 < peak < before + GROWTH_MAX, f"memory grew by {peak - before} bytes"

    @test
    def pairs_arrive(protocol):
        """curl --data-urlencode gives decoded pairs"""
        got = curl(protocol, "/form", "--data-urlencode", "title=hello world", "--data-urlencode", "q=a&b=c%+ü",
                   "--data-urlencode", "lines=1\r\n2", "-d", "raw=a+b", "-d", "flag")
        assert got == (200, "title=hello world\nq=a&b=c%+ü\nlines=1\r\n2\nraw=a b\nflag=\n"), got

    @test
    def problems_are_answered(protocol):
        """malformed forms and other media types are 400 and 415"""
        assert curl(protocol, "/form", "-d", "a=%zz")[0] == 400
        assert curl(protocol, "/form", "-F", "a=1")[0] == 415
        status, text = curl(protocol, "/upload", "-H", "Content-Type: multipart/form-data; boundary=b", "-d", "--b\r\n")
        assert (status, "the body ends before its last boundary" in text) == (400, True), (status, text)


for name, protocol in PROTOCOLS.items():
    add(name, protocol)


@suite.test
def problems_are_answered_before_the_content_ended():
    """HTTP/1.1: a media type and a body that will not do are refused without reading on"""
    # Not over HTTP/2, where curl 7.88 misses an answer that comes with RST_STREAM while it sends (RFC 9113 §8.1).
    assert curl("--http1.1", "/upload", "-d", "a=1")[0] == 415
    status, text = curl("--http1.1", "/upload", *[part for n in range(1001) for part in ("-F", f"f{n}=")])
    assert (status, "the body has too many parts" in text) == (413, True), (status, text[:200])


@suite.test
def clients_that_leave_cost_nothing():
    """a hundred clients that leave in the middle of a part leave no memory behind"""
    head = (b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 100000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n")

    def leave(count):
        for _ in range(count):  # one at a time, so that the memory for connections does not grow
            with raw.connect() as connection:
                connection.sendall(head + b"x" * 5000)
                connection.shutdown(socket.SHUT_WR)
                assert ends(connection)

    leave(100)
    before = raw.private_memory()
    leave(100)
    assert raw.private_memory() < before + (256 << 10), f"{raw.private_memory() - before} bytes more"


suite.run()
