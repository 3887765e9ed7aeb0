#!/usr/bin/env python3
"""Holds every #include and every Swift import against the table of arrows: who may know whom."""

import pathlib
import re
import sys
import tempfile

# A C room may include itself, these rooms, and the wall (include/katana). Nothing includes server.
C_ROOMS = {
    "base": set(),
    "io": {"base"},
    "http": {"base"},
    "json": {"base"},
    "form": {"base", "http"},
    "files": {"base", "http"},
    "coding": {"base", "http"},
    "http1": {"base", "http"},
    "http2": {"base", "http"},
    "tls": {"base"},
    "route": {"base", "http"},
    "ws": {"base", "http"},
    "pg": set(),  # stands on the wall
    "server": {"base", "coding", "files", "io", "http", "http1", "http2", "json", "route", "tls", "ws"},
}

# A Swift module may import these, besides the platform's own modules.
SWIFT_MODULES = {
    "CKatana": {"CBrotliDecoder", "CBrotliEncoder", "CNGHTTP2", "CNUMA", "COpenSSL", "CURing", "CZlib", "CZstd"},
    "KatanaScalars": {"CPCRE2"},
    "Katana": {"CKatana", "KatanaScalars", "Logging", "ServiceLifecycle"},
    "KatanaSQL": {"CKatana", "Katana", "KatanaScalars"},
    "KatanaSQLiteDialect": {"CSQLite", "KatanaScalars"},
    "KatanaSQLite": {"CKatana", "CSQLite", "Katana", "KatanaSQL", "KatanaSQLiteDialect"},
    "CKatanaPostgres": {"CKatana", "CPQ"},
    "KatanaPostgres": {"CKatana", "CKatanaPostgres", "CPQ", "Katana", "KatanaSQL"},
    "KatanaContract": {"CYAML", "KatanaScalars"},
    "KatanaQueries": {"COpenSSL", "CPGQuery", "CPQ", "CSQLite", "KatanaContract", "KatanaSQLiteDialect"},
    "KatanaCodegen": {"KatanaContract", "KatanaScalars", "KatanaQueries"},
    "KatanaPlugin": {"PackagePlugin"},
    "KatanaPluginTool": {"KatanaCodegen", "KatanaContract", "KatanaQueries"},
    "KatanaTesting": {"Katana", "Logging"},
    "KatanaCommand": {"ArgumentParser", "Katana"},
    "KatanaCLI": {
        "ArgumentParser", "KatanaCodegen", "KatanaCommand", "KatanaContract", "KatanaPostgres", "KatanaQueries",
        "KatanaSQL", "KatanaSQLite",
    },
    "Examples": {
        "ArgumentParser", "Katana", "KatanaCommand", "KatanaPostgres", "KatanaSQL", "KatanaSQLite", "Logging",
    },
}
PLATFORM = {"Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Swift"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<((?:%s)/[^>]+)>)' % "|".join(C_ROOMS), re.M)
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|func|protocol|typealias|let|var)\s+)?(\w+)",
    re.M,
)


def includes_of(path):
    """Quoted includes, and those of a room in angle brackets, which the compiler finds just as well."""
    return [quoted or angled for quoted, angled in INCLUDE.findall(path.read_text())]


def c_faults(root):
    for path in sorted((root / "csrc").rglob("*.[ch]")):
        room = path.relative_to(root / "csrc").parts[0]
        if room not in C_ROOMS:
            yield f"csrc/{room} is a room that the table does not know"
            continue
        for included in includes_of(path):
            target = included.split("/")[0]
            if target not in C_ROOMS[room] | {room, "katana"}:
                yield f"{path.relative_to(root)} includes {included}: {room} does not know {target}"


def front_header_faults(root):
    for room in sorted(p.name for p in (root / "csrc").iterdir() if p.is_dir()):
        front = root / "csrc" / room / f"{room}.h"
        if not front.exists():
            yield f"csrc/{room} has no front header {room}.h"
        elif not front.read_text().startswith("/*"):
            yield f"csrc/{room}/{room}.h does not begin with the room's documentation"


def wall_faults(root):
    for path in sorted((root / "include").rglob("*.h")):
        for included in includes_of(path):
            if not included.startswith("katana/"):
                yield f"{path.relative_to(root)} includes {included}: the wall knows only itself"


def swift_faults(root):
    for path in sorted((root / "Sources").rglob("*.swift")):
        module = path.relative_to(root / "Sources").parts[0]
        if module not in SWIFT_MODULES:
            yield f"Sources/{module} is a module that the table does not know"
            continue
        for imported in IMPORT.findall(path.read_text()):
            if imported not in SWIFT_MODULES[module] | PLATFORM:
                yield f"{path.relative_to(root)} imports {imported}: {module} does not know it"


def enclosed(text, start):
    """The text from the bracket at `start` to its partner; no bracket stands in a string of the manifest."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if depth == 0:
            return text[start : at + 1]
    return text[start:]


def manifest_faults(root):
    """A dependency in the manifest is an arrow, too, before anybody imports it. Tests and benchmarks may know all."""
    manifest = (root / "Package.swift").read_text()
    for target in re.finditer(r"\.(?:executableTarget|target)\(", manifest):
        block = enclosed(manifest, target.end() - 1)
        listed = re.search(r"dependencies:\s*\[", block)
        if not listed or re.search(r'path: "(?:Tests|bench)/', block):
            continue
        name = re.search(r'name:\s*"(\w+)"', block)[1]
        known = SWIFT_MODULES.get("Examples" if 'path: "Sources/Examples/' in block else name)
        if known is None:
            yield f"Package.swift: {name} is a module that the table does not know"
            continue
        dependencies = re.sub(r'package:\s*"[^"]*"', "", enclosed(block, listed.end() - 1))
        for dependency in re.findall(r'"(\w+)"', dependencies):
            if dependency not in known:
                yield f"Package.swift: {name} depends on {dependency}: the table does not allow it"


def faults(root):
    return [
        *c_faults(root), *front_header_faults(root), *wall_faults(root), *swift_faults(root), *manifest_faults(root),
    ]


def check_that_faults_are_found():
    """A test that cannot fail is none: each kind of wrong arrow, planted, must be reported."""
    planted = {
        "csrc/base/base.h": '/* base */\n#include "io/loop.h"\n',
        "csrc/http/http.h": '/* http */\n  #include "server/server.h"\n',
        "csrc/json/json.h": "/* json */\n#include <server/server.h>\n",
        "csrc/attic/attic.h": "/* attic */\n",
        "csrc/io/io.h": "no documentation\n",
        "include/katana/a.h": '#include "base/base.h"\n',
        "Sources/KatanaCodegen/a.swift": "import Katana\n",
        "Sources/Katana/b.swift": "@preconcurrency public import KatanaContract\n",
        "Sources/KatanaContract/c.swift": "private import Katana\n",
        "Package.swift": '.target(name: "KatanaCodegen", dependencies: [.product(name: "Katana", package: "x")])\n',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in planted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found = faults(root)
    for name in planted:
        places = "include", "Sources", "Package", "csrc/base", "csrc/http", "csrc/json"
        place = name if name.startswith(places) else str(pathlib.Path(name).parent)
        if not any(place in fault for fault in found):
            sys.exit(f"the arrows test misses a fault planted in {name}")


if __name__ == "__main__":
    check_that_faults_are_found()
    found = faults(pathlib.Path(__file__).resolve().parents[2])
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
