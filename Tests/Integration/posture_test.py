#!/usr/bin/env python3
"""The TLS that Raw speaks, as testssl.sh judges it: protocols, ciphers, session tickets, renegotiation and the known
attacks. No finding is of severity MEDIUM or above, but for those of a certificate that is made here.

It looks at the handshake, where the I/O driver has no part: it runs on one of them."""

import json
import os
import pathlib
import subprocess
import tempfile

from service import Service

GRAVE = {"MEDIUM", "HIGH", "CRITICAL", "FATAL", "WARN"}  # WARN: testssl.sh could not look
EXPECTED = {
    "cert_chain_of_trust": "nobody has signed the certificate but itself",
    "cert_revocation": "it names no place that would tell of its revocation",
    # Its client hangs up when it reads the end of its input, at times before the ticket is there that it would resume
    # with: TLS 1.3 sends tickets behind the handshake.
    "sessionresumption_ticket": "tls_test.py resumes sessions",
}
LOOKED_AT = {  # a judge that was kept from looking would find nothing, too
    "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "cipherlist_3DES_IDEA", "cipherlist_NULL", "PFS", "TLS_session_ticket",
    "secure_renego", "secure_client_renego", "heartbleed", "ROBOT", "CRIME_TLS", "LUCKY13", "BEAST", "SWEET32",
}
SECTIONS = ("--protocols", "--std", "--pfs", "--server-preference", "--server-defaults", "--vulnerable")


def certificate(folder):
    files = [f"{folder}/cert.pem", f"{folder}/key.pem"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "90", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def findings(port, file):
    """The exit code counts what was found, so that it says nothing here. Without an engine for GOST it would warn that it
    has none, where the package that recommends it is not installed."""
    done = subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", *SECTIONS,
                           "--jsonfile", file, "--ip", "127.0.0.1", f"127.0.0.1:{port}"],
                          capture_output=True, text=True, timeout=300, env=os.environ | {"NO_ENGINE": "true"})
    if not file.exists():
        raise SystemExit(f"testssl.sh wrote nothing: {done.stdout[-500:]} {done.stderr[-500:]}")
    return json.loads(file.read_text())


def main():
    if os.environ.get("KATANA_IO") == "epoll":
        print("skipped: TLS is the same on both drivers, and is looked at on the other")
        return
    with tempfile.TemporaryDirectory() as folder:
        chain, key = certificate(folder)
        service = Service("raw", "--tls-cert", chain, "--tls-key", key)
        found = findings(service.port, pathlib.Path(folder) / "found.json")
        assert service.stop() == 0
    missing = LOOKED_AT - {finding["id"] for finding in found}
    assert not missing, f"testssl.sh did not look at {sorted(missing)}"
    grave = {f["id"]: f"{f['severity']}: {f['finding']}" for f in found if f["severity"] in GRAVE}
    for name, text in grave.items():
        print(f"{'expected' if name in EXPECTED else 'FAILED'} {name}: {text}"
              + (f" ({EXPECTED[name]})" if name in EXPECTED else ""))
    if grave.keys() - EXPECTED.keys():
        raise SystemExit(1)
    print(f"{len(found)} findings, none that counts")


main()
