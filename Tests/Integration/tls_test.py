"""Servers under TLS, asked by Python's ssl, the openssl command and curl."""

import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from service import BINARIES, PATIENCE, Service, server_side, wait_until

scratch = tempfile.TemporaryDirectory(prefix="katana-tls-")  # gone at the end
FOLDER = pathlib.Path(scratch.name)


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=FOLDER, **options).stdout


def make_authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN={name}")


def make_certificate(name, names, authority="authority", file=None):
    file = file or name
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{file}.key",
            "-out", f"{file}.csr", "-subj", f"/CN={name}")
    (FOLDER / "names").write_text(f"subjectAltName={names}")
    openssl("x509", "-req", "-in", f"{file}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "20", "-out", f"{file}.pem", "-extfile", "names")


make_authority("authority")
make_authority("stranger")
make_certificate("a.example", "DNS:a.example,DNS:*.a.example,IP:127.0.0.1")
make_certificate("b.example", "DNS:b.example")
make_certificate("ada", "email:ada@a.example")
make_certificate("eve", "email:eve@a.example", authority="stranger")


def serve(*arguments):
    files = []
    for name in ("a.example", "b.example"):
        files += ["--tls-cert", f"{FOLDER}/{name}.pem", "--tls-key", f"{FOLDER}/{name}.key"]
    return Service("raw", "--reactors", "2", *files, *arguments)


def client_context(version=None, shows=None, protocols=("http/1.1",)):
    context = ssl.create_default_context(cafile=f"{FOLDER}/authority.pem")
    context.set_alpn_protocols(list(protocols))
    if version:
        context.minimum_version = context.maximum_version = version
    if shows:
        context.load_cert_chain(f"{FOLDER}/{shows}.pem", f"{FOLDER}/{shows}.key")
    return context


def connect(service, name="a.example", context=None, session=None):
    plain = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
    context = context or client_context()
    return context.wrap_socket(plain, server_hostname=name, session=session, suppress_ragged_eofs=False)


def get(connection, path="/plaintext", close=False):
    end = "Connection: close\r\n" if close else ""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a.example\r\n{end}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, body = answer.split(b"\r\n\r\n", 1)
    line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b"\r\n")[0].decode(), body


def name_of(connection):
    return dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"]


class Plain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = serve()

    @classmethod
    def tearDownClass(cls):
        assert cls.service.stop() == 0

    def test_both_versions_answer_and_end_in_order(self):
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            with connect(self.service, context=client_context(version)) as connection:
                for _ in range(3):
                    self.assertEqual(get(connection), ("HTTP/1.1 200 OK", b"Hello, World!"))
                get(connection, close=True)
                self.assertEqual(connection.recv(10), b"")  # close_notify, not a cut

    def test_a_certificate_for_each_name(self):
        for asked, served in (("a.example", "a.example"), ("x.a.example", "a.example"), ("b.example", "b.example")):
            with connect(self.service, asked) as connection:
                self.assertEqual(name_of(connection), served)

    def test_protocols_are_negotiated(self):
        for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1")):
            with connect(self.service, context=client_context(protocols=offered)) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), chosen)
        with self.assertRaises(ssl.SSLError) as caught:
            connect(self.service, context=client_context(protocols=["spdy/3"]))
        self.assertIn("no application protocol", str(caught.exception))

    def test_sessions_are_resumed_on_any_reactor(self):
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            context, session, resumed = client_context(version), None, 0
            for _ in range(12):
                with connect(self.service, context=context, session=session) as connection:
                    get(connection)
                    resumed += connection.session_reused
                    session = connection.session
            self.assertEqual(resumed, 11)

    def test_a_handshake_that_comes_byte_by_byte(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        machine = client_context().wrap_bio(incoming, outgoing, server_hostname="a.example")
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=PATIENCE) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def exchange(act):
                while True:
                    try:
                        return act()
                    except ssl.SSLWantReadError:
                        send()
                        incoming.write(plain.recv(65536))

            def send():
                for byte in outgoing.read():
                    plain.sendall(bytes([byte]))

            exchange(machine.do_handshake)
            machine.write(b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            send()
            self.assertTrue(exchange(lambda: machine.read(1000)).startswith(b"HTTP/1.1 200"))

    def test_content_in_both_directions(self):
        data = os.urandom(3_000_000)
        (FOLDER / "data").write_bytes(data)
        answer = subprocess.run(
            ["curl", "-s", "--http1.1", "--cacert", f"{FOLDER}/authority.pem", "--data-binary", f"@{FOLDER}/data",
             "-H", "Content-Type: application/octet-stream", f"https://127.0.0.1:{self.service.port}/echo"],
            check=True, capture_output=True).stdout
        self.assertEqual(answer, data)

    def test_a_slow_reader_gets_everything(self):
        with connect(self.service) as connection:
            connection.sendall(b"GET /bytes/20000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            held_up = lambda: (server_side(connection) or (0, 0, 0))[1] > 0
            wait_until(held_up, "what nobody reads is sent all the same")
            total = 0
            while part := connection.recv(1 << 20):
                total += len(part)
            self.assertGreater(total, 20_000_000)

    def test_pipelined_requests_leave_together(self):
        with connect(self.service) as connection:
            connection.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
            answer = b""
            while answer.count(b"Hello, World!") < 50:
                answer += connection.recv(1 << 16)

    def test_http_on_a_tls_port_is_told_so(self):
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=PATIENCE) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while part := plain.recv(1000):
                answer += part
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "))
        self.assertIn(b"this port speaks TLS only", answer)

    def test_garbage_and_abandoned_handshakes_leave_the_server_well(self):
        for i in range(200):
            plain = socket.create_connection(("127.0.0.1", self.service.port), timeout=PATIENCE)
            plain.sendall((b"\x16\x03\x01\x02\x00\x01" if i % 2 else b"\x00\xff") + os.urandom(i))
            plain.close()
        with connect(self.service) as connection:
            self.assertEqual(get(connection)[0], "HTTP/1.1 200 OK")

    def test_old_versions_are_refused(self):
        result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.service.port}", "-tls1_1",
                                 "-cipher", "ALL:@SECLEVEL=0"], input=b"", capture_output=True)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(b"protocol version", result.stderr)


class ClientCertificates(unittest.TestCase):
    def answers(self, service, shows):
        try:
            with connect(service, context=client_context(shows=shows)) as connection:
                return get(connection)[0] == "HTTP/1.1 200 OK"
        except (ssl.SSLError, ConnectionError):
            return False

    def test_only_the_authoritys_are_taken(self):
        for mode, anonymous in (("required", False), ("optional", True)):
            service = serve("--tls-client-ca", f"{FOLDER}/authority.pem", "--tls-client-auth", mode)
            self.assertTrue(self.answers(service, "ada"))
            self.assertFalse(self.answers(service, "eve"))
            self.assertEqual(self.answers(service, None), anonymous)
            self.assertEqual(service.stop(), 0)

    def test_an_operation_can_ask_for_one(self):
        service = serve("--tls-client-ca", f"{FOLDER}/authority.pem", "--tls-client-auth", "optional")
        with connect(service, context=client_context(shows="ada")) as connection:
            self.assertEqual(get(connection, "/whoami"), ("HTTP/1.1 200 OK", b"CN=ada"))
        with connect(service, context=client_context()) as connection:
            self.assertEqual(get(connection, "/whoami")[0], "HTTP/1.1 401 Unauthorized")
            self.assertEqual(get(connection, "/plaintext")[0], "HTTP/1.1 200 OK")
        self.assertEqual(service.stop(), 0)


class KernelSealing(unittest.TestCase):
    def begin(self, *arguments):
        """The first line of a server, or what it says in the place of one."""
        process = subprocess.Popen([f"{BINARIES}/raw", "--port", "0", *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        line = process.stdout.readline()
        process.kill()
        process.communicate()
        return line

    def test_the_first_line_says_whether_and_why_not_and_a_demand_is_kept(self):
        tls = ("--tls-cert", f"{FOLDER}/a.example.pem", "--tls-key", f"{FOLDER}/a.example.key")
        line = self.begin(*tls)
        self.assertRegex(line, r"listening on .*, kTLS: (for files|no, \w.*)$")
        demanded = self.begin(*tls, "--ktls", "on")
        if "kTLS: no" in line:
            self.assertRegex(demanded, "Error: kTLS: " + re.escape(line.rstrip().split("kTLS: no, ")[1]))
        else:
            self.assertIn("kTLS: for files", demanded)
        self.assertIn("kTLS: off", self.begin(*tls, "--ktls", "off"))
        self.assertNotIn("kTLS", self.begin())
        self.assertIn("--ktls on needs TLS", self.begin("--ktls", "on"))


class Staple(unittest.TestCase):
    def test_an_ocsp_response_is_stapled(self):
        serial = openssl("x509", "-in", "a.example.pem", "-noout", "-serial").decode().strip().split("=")[1]
        (FOLDER / "index.txt").write_text(f"V\t491231235959Z\t\t{serial}\tunknown\t/CN=a.example\n")
        openssl("ocsp", "-issuer", "authority.pem", "-cert", "a.example.pem", "-reqout", "request.der", "-no_nonce")
        openssl("ocsp", "-index", "index.txt", "-CA", "authority.pem", "-rsigner", "authority.pem", "-rkey",
                "authority.key", "-reqin", "request.der", "-respout", "response.der", "-ndays", "7")
        service = Service("raw", "--tls-cert", f"{FOLDER}/a.example.pem", "--tls-key", f"{FOLDER}/a.example.key",
                          "--tls-ocsp", f"{FOLDER}/response.der")
        said = openssl("s_client", "-connect", f"127.0.0.1:{service.port}", "-status", input=b"").decode()
        self.assertIn("OCSP Response Status: successful", said)
        self.assertIn("Cert Status: good", said)
        self.assertEqual(service.stop(), 0)


class Reload(unittest.TestCase):
    def served(self, service):
        with connect(service, "c.example", context=client_context()) as connection:
            return connection.getpeercert()["serialNumber"]

    def test_new_connections_get_the_new_certificate_and_old_ones_go_on(self):
        make_certificate("c.example", "DNS:c.example")
        service = Service("raw", "--tls-cert", f"{FOLDER}/c.example.pem", "--tls-key", f"{FOLDER}/c.example.key")
        old = connect(service, "c.example")
        before = self.served(service)
        make_certificate("c.example", "DNS:c.example")
        service.process.send_signal(signal.SIGHUP)
        for _ in range(2000):
            if self.served(service) != before:
                break
            time.sleep(0.05)
        self.assertNotEqual(self.served(service), before)
        self.assertEqual(get(old), ("HTTP/1.1 200 OK", b"Hello, World!"))
        old.close()

        now = self.served(service)
        (FOLDER / "c.example.pem").write_text("no certificate")
        service.process.send_signal(signal.SIGHUP)
        text = ""
        for _ in range(2000):
            text += service.process.stdout.read() or ""
            if "certificates stay as they were" in text:
                break
            time.sleep(0.05)
        self.assertIn("c.example.pem", text)
        self.assertEqual(self.served(service), now)
        self.assertEqual(service.stop(), 0)


if __name__ == "__main__":
    unittest.main()
