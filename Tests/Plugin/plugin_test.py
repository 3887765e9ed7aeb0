#!/usr/bin/env python3
"""A package that depends on this one and lets KatanaPlugin compile its contract: what it says when it is built, and
when its files change. It builds Katana once more, for a package of somebody else's, and keeps that in .build-plugin."""

import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Integration"))
from service import Suite  # noqa: E402

FIXTURE = ROOT / "Tests/Plugin/Shop"
PACKAGE = ROOT / ".build-plugin/shop"
SCRATCH = ROOT / ".build-plugin/scratch"
TARGET = PACKAGE / "Sources/Shop"
ITEM = TARGET / "schemas/item.yaml"
SETTINGS = TARGET / "katana.yaml"
MANIFEST = f"""\
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "shop",
  dependencies: [.package(path: "../..")],
  targets: [
    .executableTarget(
      name: "Shop",
      dependencies: [
        .product(name: "Katana", package: "{ROOT.name.lower()}"),
        .product(name: "KatanaSQL", package: "{ROOT.name.lower()}"),
        .product(name: "KatanaTesting", package: "{ROOT.name.lower()}"),
      ],
      plugins: [.plugin(name: "KatanaPlugin", package: "{ROOT.name.lower()}")])
  ]
)
"""

suite = Suite()


def reset():
    """The package as it was, each file in its place: what is there and right is not touched."""
    wanted = {path.relative_to(FIXTURE): path.read_bytes() for path in FIXTURE.rglob("*") if path.is_file()}
    database = ROOT / "Sources/Examples/Products/db"
    wanted |= {pathlib.Path("Sources/Shop/db") / path.relative_to(database): path.read_bytes()
               for path in database.rglob("*") if path.is_file()}
    wanted[pathlib.Path("Package.swift")] = MANIFEST.encode()
    for path in sorted(PACKAGE.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(PACKAGE) not in wanted and path.name != "Package.resolved":
            path.unlink()
    for path, text in wanted.items():
        place = PACKAGE / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_bytes() != text:
            place.write_bytes(text)


def build():
    result = subprocess.run(
        ["swift", "build", "--package-path", PACKAGE, "--scratch-path", SCRATCH, "--product", "Shop"],
        capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def built():
    status, output = build()
    assert status == 0, output[-6000:]
    return output


def refused(*sentences):
    """The build fails and says this, with the place as an editor looks for it."""
    status, output = build()
    assert status != 0, f"the build went through:\n{output[-3000:]}"
    for sentence in sentences:
        assert re.search(sentence, output, re.M), f"no {sentence!r} in\n{output[-6000:]}"


def run():
    result = subprocess.run([SCRATCH / "debug/Shop"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def generated():
    files = sorted(SCRATCH.glob("plugins/outputs/shop/Shop/*/KatanaPlugin/*.swift"))
    assert files, "nothing was generated"
    return {path.name: path.stat().st_mtime_ns for path in files}


def edit(path, old, new):
    text = path.read_text()
    assert old in text, f"no {old!r} in {path}"
    path.write_text(text.replace(old, new))


@suite.test
def contract():
    """a document, the files that it refers to and a folder of SQL files are compiled into their target"""
    reset()
    built()
    # The package manager links the generator once more in its second build (Swift 6.3), and what it made is older then.
    built()
    assert run() == ['201 {"name":"lamp"}', "ProductsRepository 2"], run()


@suite.test
def unchanged():
    """where nothing has changed, nothing is generated and nothing compiled"""
    before = generated()
    output = built()
    assert "Generating" not in output and "Compiling Shop" not in output, output
    assert generated() == before


@suite.test
def referenced():
    """an edit of a file that is only referred to makes the code anew, and of that no more than it changes"""
    before = generated()
    edit(ITEM, "maxLength: 20", "maxLength: 3")
    built()
    first, _ = run()
    assert first.startswith("400 ") and '"/name"' in first and "max_length" in first, first
    changed = [name for name, time in generated().items() if before.get(name) != time]
    assert len(changed) == 1, changed


@suite.test
def broken():
    """what is wrong with a document fails the build at its place, each time"""
    edit(ITEM, "type: string", "type: strng")
    for _ in range(2):
        refused(rf"^{re.escape(str(ITEM))}:5:19: error: 'strng' is not a schema type \[KT0606\]$")


@suite.test
def unwatched():
    """a reference to a file that an edit of would not be noticed is refused"""
    reset()
    (PACKAGE / "item.yaml").write_text(ITEM.read_text())
    document = TARGET / "openapi.yaml"
    edit(document, "schemas/item.yaml", "../../item.yaml")
    refused(rf"^{re.escape(str(document))}:10:56: error: .*the build watches files of the document's folder")


@suite.test
def stale():
    """SQL that the lock file does not know fails the build; no server is asked"""
    reset()
    queries = TARGET / "db/queries/products.sql"
    edit(queries, "WHERE id > @after", "WHERE id >= @after")
    refused(rf"^{re.escape(str(queries))}:1:1: error: 'katana.lock' does not know 'list_products' as it is \[KT3006\]$")


@suite.test
def settings():
    """katana.yaml says how many files there are and what they are like; what it cannot say is an error in it"""
    reset()
    SETTINGS.write_text("# for the tests\nshards: 2\naccess: public  # as a library\n")
    built()
    texts = [path.read_text() for path in SCRATCH.glob("plugins/outputs/shop/Shop/*/KatanaPlugin/*[12].swift")]
    assert len(texts) == 2 and sum("public struct Item:" in text for text in texts) == 1
    place = re.escape(str(SETTINGS))
    SETTINGS.write_text("shards: 2\nacess: public\n")
    refused(rf"^{place}:2:1: error: there is no setting 'acess': there are access, ")
    SETTINGS.write_text("shards: 2\naccess: open\n")
    refused(rf"^{place}:2:1: error: 'access' is one of public, internal")
    SETTINGS.write_text("shards: 2\nshards 2\n")
    refused(rf"{place}:2:1: error: a line is 'name: value'")


@suite.test
def planned():
    """settings that the package manager has not planned the build with are an error that says what to do"""
    SETTINGS.write_text("shards: 5\n")
    refused(rf"^{re.escape(str(SETTINGS))}:1:1: error: the build was planned with 2 shards, and these are 5: "
            r"run 'touch Package.swift'")
    (PACKAGE / "Package.swift").touch()
    built()
    assert run()[0] == '201 {"name":"lamp"}'
    reset()


suite.run()
