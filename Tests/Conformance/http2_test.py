#!/usr/bin/env python3
"""HTTP/2 conformance: the cases of http2_frames, http2_messages and http2_hpack, then load and attacks (http2_load),
each over clear text and over TLS.

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
import http2_load  # noqa: E402
import http2_messages  # noqa: E402, F401
from http2_wire import Client  # noqa: E402


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


def serve(folder):
    """Two servers for each case of each way: one that is asked, and one that is attacked, drained and has a log."""
    chain, key = certificate(folder)
    tls = offering("h2", "http/1.1")
    for name, arguments, context in (("h2c", ["--h2c"], None), ("TLS", ["--tls-cert", chain, "--tls-key", key], tls)):
        yield name, context, *[Service("raw", "--reactors", "1", *arguments) for _ in range(2)]


def connector(service, context):
    return lambda **options: Client(service.port, context, **options)


def add_attacks(add, service, connect):
    for sentence, act, errors in http2_load.ATTACKS:
        add(sentence, http2_load.run_attack, service, connect, act, errors)
    add(http2_load.bomb.__doc__, http2_load.bomb, connect)
    add(http2_load.named.__doc__, http2_load.named, service)
    add(http2_load.drain.__doc__, http2_load.drain, service, connect)


def main():
    words = sys.argv[1:]
    suite = Suite()
    with tempfile.TemporaryDirectory() as folder:
        ways = list(serve(folder))
    for name, context, asked, attacked in ways:

        def add(sentence, run, *arguments, name=name):
            if not all(word in sentence for word in words):
                return
            def test():
                run(*arguments)
            test.__doc__ = f"{sentence} ({name})"
            suite.test(test)

        for sentence, run in http2_cases.CASES + http2_load.LOAD:
            add(sentence, run, connector(asked, context))
        add_attacks(add, attacked, connector(attacked, context))
    suite.run()


main()
