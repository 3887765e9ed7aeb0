#!/usr/bin/env python3
"""An outside judge of the contracts: schemathesis makes requests from them, right and wrong, and holds the answers
against them. Against Products, the pet store, and the service that `katana gen high` makes of the pet store's contract.

    schemathesis_test.py [--examples 25] [--seed N]

It lives in .build-schemathesis, from PyPI; without it and without PyPI the test is skipped."""

import argparse
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import venv

from service import BINARIES, KATANA, ROOT, Service

VERSION = "4.32.5"
FOLDER = ROOT / ".build-schemathesis"
PROGRAM = FOLDER / "bin" / "schemathesis"
SECRET = "let-me-in"
LOGGED_IN = ["--header", f"X-API-Key: {SECRET}", "--header", f"Authorization: Bearer {SECRET}"]


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(0)


def install():
    wanted = FOLDER / "version"
    if PROGRAM.exists() and wanted.exists() and wanted.read_text() == VERSION:
        return
    venv.create(FOLDER, with_pip=True, clear=True)
    result = subprocess.run(
        [FOLDER / "bin/pip", "install", "--quiet", "--disable-pip-version-check", f"schemathesis=={VERSION}"],
        capture_output=True, text=True)
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()
        skip(f"schemathesis {VERSION} cannot be installed from PyPI: {lines[-1] if lines else 'pip failed'}")
    wanted.write_text(VERSION)


def build(folder):
    """Makes a program of a service's sources and of what the package's build left: its own build would take minutes."""
    maps = [ROOT / "include/module.modulemap", *ROOT.glob("Sources/System/*/module.modulemap")]
    linked = shlex.split((BINARIES / "petstore.product/Objects.LinkFileList").read_text())
    objects = [path for path in linked if "/PetStore.build/" not in path]
    libraries = ["ssl", "crypto", "nghttp2", "uring", "numa", "brotlidec", "brotlienc", "z", "zstd", "pcre2-8"]
    sources = sorted(folder.glob("Sources/**/*.swift"))
    program = folder / "service"
    result = subprocess.run(
        ["swiftc", "-swift-version", "6", "-parse-as-library", "-I", BINARIES / "Modules",
         *(word for map in maps for word in ("-Xcc", f"-fmodule-map-file={map}")),
         "-Xcc", f"-I{ROOT}/include", "-Xcc", "-D_GNU_SOURCE", *sources, *objects,
         *(f"-l{library}" for library in libraries), "-o", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-8000:]
    return program


def high_layer(folder):
    """The service that answers with the contract's examples."""
    subprocess.run([KATANA, "gen", "high", "-i", ROOT / "Sources/Examples/PetStore/openapi.yaml", "-o",
                    folder / "high", "--katana", ROOT], check=True, capture_output=True, text=True)
    return build(folder / "high")


def judge(name, contract, port, options, *arguments):
    """True when nothing is wrong. What schemathesis says is shown when something is."""
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [PROGRAM, "--config-file", ROOT / "Tests/Integration/schemathesis.toml", "run", contract, "--url",
             f"http://127.0.0.1:{port}", "--continue-on-failure", "--max-examples",
             str(options.examples), "--seed", str(options.seed), "--no-color", *arguments],
            capture_output=True, text=True, cwd=folder, env={**os.environ, "PYTHONUTF8": "1"})
    isFine = result.returncode == 0
    print(f"{'passed' if isFine else 'FAILED'} {name}: {options.examples} examples for each operation")
    if not isFine:
        print(result.stdout + result.stderr)
    return isFine


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=25, help="requests for each operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if os.environ.get("KATANA_IO") == "epoll":
        skip("the driver makes no difference to a contract; it runs on the other one")
    install()
    results = []

    products = Service("products")
    results.append(judge("Products", ROOT / "Sources/Examples/Products/openapi.yaml", products.port, options))
    store = Service("petstore", "--secret", SECRET)
    results.append(judge("PetStore", ROOT / "Sources/Examples/PetStore/openapi.yaml", store.port, options,
                         *LOGGED_IN))
    with tempfile.TemporaryDirectory() as folder:
        high = Service(high_layer(pathlib.Path(folder)), "--secret", SECRET)
        # It keeps nothing, so that what was removed is still there.
        results.append(judge("PetStore's high layer", ROOT / "Sources/Examples/PetStore/openapi.yaml", high.port,
                             options, "--exclude-operation-id", "removePet", *LOGGED_IN))
        for service in (products, store, high):
            assert service.stop() == 0
    raise SystemExit(0 if all(results) else 1)


main()
