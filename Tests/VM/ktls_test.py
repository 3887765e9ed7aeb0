"""Inside the machine: files under TLS, sealed by the kernel. Run by the script ktls beside it."""

import os
import pathlib
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Integration"))
from service import Reader, Service

SITE = pathlib.Path("/katana/site")  # on ext4: a memory file system does not tell what it would wait for
KEYS = pathlib.Path("/tmp/keys")
WAIT = 120  # seconds; the machine may be emulated
SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


def content(name):
    return (SITE / name).read_bytes()


def text(size):
    """Printable, one line: what s_client prints can be searched for it, and no line of it is a command."""
    return bytes(random.choices(b"abcdefghij0123456789", k=size))


def prepare():
    SITE.mkdir()
    KEYS.mkdir()
    for name, size in (("1k", 1000), ("100k", 100_000), ("10m", 10_000_000)):
        (SITE / name).write_bytes(random.randbytes(size))
    (SITE / "text").write_bytes(text(200_000))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", f"{KEYS}/key", "-out", f"{KEYS}/chain", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)


TLS = ("--tls-cert", f"{KEYS}/chain", "--tls-key", f"{KEYS}/key")


def refused(*arguments):
    """What a server says that does not start."""
    done = subprocess.run(["/katana/bin/raw", "--port", "0", *TLS, *arguments], capture_output=True, text=True,
                          timeout=WAIT)
    assert done.returncode == 1, done
    return done.stdout + done.stderr


def first_line(*arguments):
    process = subprocess.Popen(["/katana/bin/raw", "--port", "0", *TLS, *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    try:
        for line in process.stdout:
            if "listening" in line:
                return line
    finally:
        process.kill()
        process.wait()


def load_modules(without=None):
    for path in sorted(pathlib.Path("/katana/modules").iterdir()):
        if not (without and without in path.name):
            subprocess.run(["busybox", "insmod", str(path)], capture_output=True)  # some are there already


def statistics():
    counters = pathlib.Path("/proc/net/tls_stat").read_text()
    return {name: int(n) for name, n in re.findall(r"^(\w+)\s+(\d+)", counters, re.M)}


def files_sent():
    """Bytes of each sendfile(2) that took some."""
    calls = pathlib.Path("/tmp/trace").read_text()
    return [int(n) for n in re.findall(r"sendfile\(.* = ([1-9]\d*)$", calls, re.M)]


def fetch(service, name, *arguments):
    return subprocess.run(["curl", "-s", "--fail", "--cacert", f"{KEYS}/chain", *arguments,
                           f"https://127.0.0.1:{service.port}/static/{name}"], stdout=subprocess.PIPE, check=True,
                          timeout=WAIT).stdout


class BeforeTheModule(unittest.TestCase):
    def test_the_reason_is_said_and_a_demand_is_an_error(self):
        self.assertIn("kTLS: no, the kernel has no tls module, or it is not loaded (modprobe tls)", first_line())
        self.assertIn("kTLS: off", first_line("--ktls", "off"))
        self.assertIn("kTLS: the kernel has no tls module", refused("--ktls", "on"))


class WithoutOneCipher(unittest.TestCase):
    def test_a_refusal_is_told_once_and_files_are_copied(self):
        load_modules(without="chacha")
        service = Service("raw", "--reactors", "1", "--static", str(SITE), *TLS)
        before = statistics()["TlsTxSw"]
        for _ in range(2):
            self.assertEqual(fetch(service, "10m", "--http1.1", "--tls13-ciphers", SUITES[2]), content("10m"))
        self.assertEqual(statistics()["TlsTxSw"], before)
        self.assertEqual(fetch(service, "10m", "--http1.1", "--tls13-ciphers", SUITES[0]), content("10m"))
        self.assertEqual(statistics()["TlsTxSw"], before + 1)
        self.assertEqual(service.stop(), 0)
        said = service.process.stdout.read()
        refusal = f"the kernel refused to seal a connection of cipher {SUITES[2]}"
        self.assertEqual(said.count(refusal), 1, said)


class KernelSeals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        load_modules()
        cls.before = statistics()
        cls.service = Service("traced", "--reactors", "1", "--ktls", "on", "--static", str(SITE), *TLS)

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()

    def connect(self, session=None, receive_buffer=None):
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(WAIT)
        plain.connect(("127.0.0.1", self.service.port))
        context = ssl.create_default_context(cafile=f"{KEYS}/chain")
        context.check_hostname = False
        if not session:
            self.context = context
        return self.context.wrap_socket(plain, session=session, suppress_ragged_eofs=False)

    def get(self, connection, name, fields=""):
        connection.sendall(f"GET /static/{name} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
        return Reader(connection).response()

    def sealed(self):
        return statistics()["TlsTxSw"] - self.before["TlsTxSw"]

    def test_files_of_all_sizes_and_other_answers_take_turns_on_one_connection(self):
        before, files = self.sealed(), len(files_sent())
        connection = self.connect()
        for name in ("1k", "100k", "1k", "10m", "100k", "1k", "10m"):
            self.assertEqual(self.get(connection, name).body, content(name), name)
            connection.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(Reader(connection).response().body, b"Hello, World!")
        self.assertEqual(self.sealed(), before + 1)
        sent = files_sent()[files:]
        self.assertGreater(sum(sent), 15_000_000, "most of two files of 10 MB goes past memory")

    def test_a_connection_without_large_files_stays_with_openssl(self):
        before = self.sealed()
        connection = self.connect()
        for _ in range(3):
            self.assertEqual(self.get(connection, "1k").body, content("1k"))
        self.assertEqual(self.sealed(), before)

    def test_ranges(self):
        connection = self.connect()
        response = self.get(connection, "10m", "Range: bytes=123457-9000000\r\n")
        self.assertEqual((response.status, response.body), (206, content("10m")[123457:9000001]))
        response = self.get(connection, "10m", "Range: bytes=0-99,5000000-5999999\r\n")
        self.assertEqual(response.status, 206)
        self.assertIn(content("10m")[5000000:6000000], response.body)

    def test_pipelined_requests(self):
        connection = self.connect()
        names = ["100k", "1k", "text", "1k", "10m", "1k"] * 2
        connection.sendall(b"".join(f"GET /static/{name} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for name in names))
        reader = Reader(connection)
        for name in names:
            self.assertEqual(reader.response().body, content(name), name)

    def test_a_resumed_session(self):
        connection = self.connect()
        self.assertEqual(self.get(connection, "100k").body, content("100k"))
        session = connection.session
        connection.close()
        connection = self.connect(session)
        self.assertTrue(connection.session_reused)
        self.assertEqual(self.get(connection, "10m").body, content("10m"))

    def test_a_reader_that_is_slow(self):
        connection = self.connect(receive_buffer=8192)
        connection.sendall(b"GET /static/10m HTTP/1.1\r\nHost: a\r\n\r\n")
        reader = Reader(connection)
        for _ in range(10):
            time.sleep(0.1)
            reader._more()
        self.assertEqual(reader.response().body, content("10m"))

    def test_the_end_is_told_behind_the_last_byte(self):
        connection = self.connect()
        response = self.get(connection, "10m", "Connection: close\r\n")
        self.assertEqual(response.body, content("10m"))
        self.assertEqual(connection.recv(1), b"")  # close_notify; without it an error

    def test_the_end_is_told_to_a_reader_that_is_slow(self):
        connection = self.connect(receive_buffer=8192)
        connection.sendall(b"GET /static/10m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(2)  # the socket is full
        reader = Reader(connection)
        self.assertEqual(reader.response().body, content("10m"))
        self.assertEqual(connection.recv(1), b"")

    def test_a_broken_record_ends_the_connection_with_an_alert(self):
        connection = self.connect()
        self.assertEqual(self.get(connection, "100k").body, content("100k"))
        os.write(connection.fileno(), b"\x17\x03\x03\x00\x28" + bytes(40))
        with self.assertRaisesRegex(ssl.SSLError, "BAD_RECORD_MAC"):
            connection.recv(1)

    def test_a_server_that_is_told_to_stop_finishes(self):
        service = Service("raw", "--reactors", "1", "--ktls", "on", "--static", str(SITE), *TLS)
        port, self.service.port = self.service.port, service.port
        connection = self.connect()
        self.service.port = port
        connection.sendall(b"GET /static/10m HTTP/1.1\r\nHost: a\r\n\r\n")
        reader = Reader(connection)
        reader._more()
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(reader.response().body, content("10m"))
        self.assertEqual(connection.recv(1), b"")
        self.assertEqual(service.process.wait(timeout=WAIT), 0)

    def test_every_cipher(self):
        for suite in SUITES:
            before = self.sealed()
            self.assertEqual(fetch(self.service, "10m", "--http1.1", "--tls13-ciphers", suite), content("10m"), suite)
            self.assertEqual(self.sealed(), before + 1, suite)

    def test_http2_and_tls12_stay_with_openssl(self):
        before = self.sealed()
        self.assertEqual(fetch(self.service, "10m", "--http2"), content("10m"))
        self.assertEqual(fetch(self.service, "10m", "--http1.1", "--tls-max", "1.2"), content("10m"))
        self.assertEqual(self.sealed(), before)

    def test_key_updates(self):
        client = Client(self.service.port)
        client.says("K\n")  # new keys on both sides, while OpenSSL seals
        client.gets("text")
        before = self.sealed()
        client.says("k\n")  # the client's own, while the kernel seals
        client.gets("text")
        self.assertEqual(self.sealed(), before)
        client.says("K\n")  # what the kernel cannot do
        self.assertTrue(client.is_closed_in_order(), client.heard[-300:])


class Client:
    """openssl s_client, whose commands update keys."""

    def __init__(self, port):
        self.heard = b""
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_3"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._until(b"Verify return code")  # what follows of that it does not write at once

    def says(self, command):
        self.process.stdin.write(command.encode())
        self.process.stdin.flush()
        if command in ("K\n", "k\n"):
            self._until(b"KEYUPDATE")
            self.heard = b""

    def gets(self, name):
        self.heard = b""
        self.says(f"GET /static/{name} HTTP/1.1\r\nHost: a\r\n\r\n")
        self._until(content(name))

    def is_closed_in_order(self):
        self.heard += self.process.stdout.read()
        self.process.wait(timeout=WAIT)
        return self.process.returncode == 0 and b"closed\n" in self.heard and b"errno" not in self.heard

    def _until(self, mark):
        end = time.monotonic() + WAIT
        while mark not in self.heard:
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data or time.monotonic() > end:
                raise AssertionError(f"{mark[:40]!r} did not come, but {self.heard[-300:]!r}")
            self.heard += data


class NotWanted(unittest.TestCase):
    def test_nothing_is_handed_over(self):
        before = statistics()["TlsTxSw"]
        service = Service("raw", "--reactors", "1", "--ktls", "off", "--static", str(SITE), *TLS)
        self.assertEqual(fetch(service, "10m", "--http1.1"), content("10m"))
        self.assertEqual(statistics()["TlsTxSw"], before)
        service.stop()


def run(*cases):
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases)
    return unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite).wasSuccessful()


def main():
    prepare()
    passed = run(BeforeTheModule, WithoutOneCipher)
    for driver in ("epoll", "uring"):
        print(f"== {driver}", flush=True)
        os.environ["KATANA_IO"] = driver
        passed = run(KernelSeals, NotWanted) and passed
    print("kernel:", {name: n for name, n in statistics().items() if n})
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
