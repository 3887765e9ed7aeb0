#!/usr/bin/env python3
"""HTTP/2 conformance: the cases of http2_frames, http2_messages and http2_hpack, each over clear text and over TLS.

http2_test.py [WORD...] runs the cases whose sentences have all the words."""

import pathlib
import ssl
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Integration"))

from service import Service, Suite  # noqa: E402

import http2_cases  # noqa: E402
import http2_frames  # noqa: E402, F401: each adds its cases
import http2_hpack  # noqa: E402, F401
import http2_messages  # noqa: E402, F401
from http2_wire import Client  # noqa: E402

EXPECTED_MIN = 150


def certificate(folder):
    """A certificate for localhost that nobody has signed but itself, and its key."""
    chain, key = f"{folder}/chain.pem", f"{folder}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", chain],
        check=True, capture_output=True)
    return chain, key


def offering(*protocols):
    """A TLS client that takes any certificate and offers these protocols (RFC 7301)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def main():
    words = sys.argv[1:]
    suite = Suite()
    with tempfile.TemporaryDirectory() as folder:
        chain, key = certificate(folder)
        clear = Service("raw", "--reactors", "1", "--h2c")
        secure = Service("raw", "--reactors", "1", "--tls-cert", chain, "--tls-key", key)
        tls = offering("h2", "http/1.1")
    ways = {
        "h2c": lambda **options: Client(clear.port, **options),
        "TLS": lambda **options: Client(secure.port, tls, **options),
    }
    for name, connect in ways.items():
        for sentence, run in http2_cases.CASES:
            if not all(word in sentence for word in words):
                continue

            def test(run=run, connect=connect):
                run(connect)
            test.__doc__ = f"{sentence} ({name})"
            suite.test(test)
    assert len(http2_cases.CASES) >= EXPECTED_MIN
    suite.run()


main()
