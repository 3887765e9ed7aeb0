"""Files of a folder, fetched with curl and raw sockets over HTTP/1.1, HTTP/2 and TLS, and held against the disk."""

import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from service import BINARIES, Reader, Service, open_files

scratch = tempfile.TemporaryDirectory(prefix="katana-files-", dir="/var/tmp")  # gone at the end
FOLDER = pathlib.Path(scratch.name)
SITE = FOLDER / "site"
SIZES = (0, 1, 1000, 65536, 65537, 1_000_000, 9_999_999)


def make_site():
    (SITE / "docs").mkdir(parents=True)
    (SITE / "docs/index.html").write_text("<p>docs")
    (SITE / ".hidden").write_text("secret")
    (FOLDER / "outside").write_text("secret")
    (SITE / "link").symlink_to("../outside")
    for size in SIZES:
        (SITE / f"{size}.bin").write_bytes(random.Random(size).randbytes(size))
    (SITE / "a.css").write_text("body {}" * 100)
    subprocess.run(["gzip", "-k", "a.css"], cwd=SITE, check=True)


def make_certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", "key.pem", "-out", "cert.pem", "-days", "9", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], cwd=FOLDER, check=True, capture_output=True)


make_site()
make_certificate()


def curl(*arguments):
    return subprocess.run(["curl", "-s", "--max-time", "20", *arguments], check=True, capture_output=True).stdout


class Clear(unittest.TestCase):
    arguments = ("--h2c",)
    scheme, host = "http", "127.0.0.1"
    curl_arguments = ("--http1.1",)

    @classmethod
    def setUpClass(cls):
        cls.service = Service("raw", "--reactors", "2", "--static", str(SITE), *cls.arguments)

    @classmethod
    def tearDownClass(cls):
        assert cls.service.stop() == 0

    def url(self, path):
        return f"{self.scheme}://{self.host}:{self.service.port}/static{path}"

    def curl(self, path, *arguments):
        return curl("--path-as-is", *self.curl_arguments, *arguments, self.url(path))

    def status(self, path, *arguments):
        return int(self.curl(path, "-o", "/dev/null", "-w", "%{http_code}", *arguments))

    def test_files_come_whole(self):
        for size in SIZES:
            self.assertEqual(self.curl(f"/{size}.bin"), (SITE / f"{size}.bin").read_bytes(), size)

    def test_many_at_a_time_come_whole(self):
        out = FOLDER / type(self).__name__
        out.mkdir()
        names = [f"{i}-{size}.bin" for i in range(6) for size in SIZES if size]
        urls = []
        for name in names:
            urls += ["-o", str(out / name), self.url("/" + name.split("-")[1])]
        curl(*self.curl_arguments, "--parallel", *urls)
        for name in names:
            self.assertEqual((out / name).read_bytes(), (SITE / name.split("-")[1]).read_bytes(), name)

    def test_a_slow_reader_gets_all(self):
        content = self.curl("/9999999.bin", "--limit-rate", "8M")
        self.assertEqual(content, (SITE / "9999999.bin").read_bytes())

    def test_a_download_goes_on_where_it_stopped(self):
        content = (SITE / "1000000.bin").read_bytes()
        self.assertEqual(self.curl("/1000000.bin", "-r", "400000-"), content[400000:])
        self.assertEqual(self.curl("/1000000.bin", "-r", "-7"), content[-7:])
        several = self.curl("/1000000.bin", "-r", "10-29,500000-599999")
        self.assertIn(content[10:30], several)
        self.assertIn(content[500000:600000], several)
        self.assertEqual(self.status("/1000000.bin", "-r", "1000000-"), 416)

    def test_a_file_that_is_known_is_not_sent_again(self):
        head = self.curl("/1000.bin", "-I").decode().lower()
        tag = next(line for line in head.splitlines() if line.startswith("etag:")).split(": ")[1]
        self.assertEqual(self.status("/1000.bin", "-H", f"If-None-Match: {tag}"), 304)
        self.assertEqual(self.status("/1000.bin", "-H", 'If-None-Match: "other"'), 200)

    def test_coded_siblings(self):
        self.assertEqual(self.curl("/a.css", "--compressed"), (SITE / "a.css").read_bytes())
        self.assertEqual(self.curl("/a.css", "-H", "Accept-Encoding: gzip"), (SITE / "a.css.gz").read_bytes())

    def test_nothing_else_is_there(self):
        for path in ("/none", "/link", "/.hidden", "/docs/none", "/1000.bin/"):
            self.assertEqual(self.status(path), 404, path)
        for path in ("/../outside", "/%2e%2e/outside", "/..%2foutside", "/docs/%2e%2e/%2e%2e/outside"):
            self.assertIn(self.status(path), (400, 404), path)
            self.assertNotIn(b"secret", self.curl(path))

    def test_directories(self):
        self.assertEqual(self.curl("/docs/"), b"<p>docs")
        self.assertEqual(self.status("/docs"), 301)
        self.assertEqual(self.status("/"), 403)


class H2C(Clear):
    curl_arguments = ("--http2-prior-knowledge",)
    test_many_at_a_time_come_whole = None  # curl 7.88 cannot use such a connection twice


class TLS(Clear):
    arguments = ("--tls-cert", f"{FOLDER}/cert.pem", "--tls-key", f"{FOLDER}/key.pem")
    scheme, host = "https", "localhost"
    curl_arguments = ("--http1.1", "--cacert", f"{FOLDER}/cert.pem", "--ipv4")


class H2(TLS):
    curl_arguments = ("--http2", "--cacert", f"{FOLDER}/cert.pem", "--ipv4")


class Raw(unittest.TestCase):
    def test_pipelined_requests_are_answered_in_order(self):
        service = Service("raw", "--static", str(SITE))
        with service.connect() as connection:
            order = [size for size in SIZES if size < 2_000_000] * 3
            connection.sendall(b"".join(b"GET /static/%d.bin HTTP/1.1\r\nHost: a\r\n\r\n" % size for size in order))
            reader = Reader(connection)
            for size in order:
                self.assertEqual(reader.response().body, (SITE / f"{size}.bin").read_bytes(), size)
        self.assertEqual(service.stop(), 0)

    def test_clients_that_leave_cost_nothing(self):
        service = Service("raw", "--reactors", "1", "--static", str(SITE))
        for _ in range(50):
            with service.connect() as connection:
                connection.sendall(b"GET /static/9999999.bin HTTP/1.1\r\nHost: a\r\n\r\n")
                connection.recv(1000)
        with service.connect() as connection:
            connection.sendall(b"GET /static/1000.bin HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(Reader(connection).response().status, 200)
        names = [os.path.basename(link) for link in open_files(service.process.pid)]
        self.assertLessEqual(names.count("9999999.bin"), 1)
        self.assertEqual(service.stop(), 0)

    def test_a_missing_folder_is_one_line(self):
        run = subprocess.run([BINARIES / "raw", "--port", "0", "--static", "/nowhere"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, "Error: cannot serve files of the folder '/nowhere': No such file or directory\n")


if __name__ == "__main__":
    unittest.main()
