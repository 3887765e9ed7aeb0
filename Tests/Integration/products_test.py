#!/usr/bin/env python3
"""The Products contract, driven over real connections: every operation, every documented failure, real files."""

import contextlib
import json
import os
import pathlib
import sqlite3
import stat
import subprocess
import tempfile
import threading

from service import BINARIES, KATANA, PATIENCE, ROOT, Reader, Service, Suite

suite = Suite()


def database():
    """Arguments for a PostgreSQL server of the test's own where KATANA_DB asks for one; SQLite in memory otherwise."""
    if os.environ.get("KATANA_DB") != "postgres":
        return []
    # It ends with its input, which ends with this process.
    server = subprocess.Popen([KATANA, "db", "run", "-i", str(ROOT / "Sources/Examples/Products/db"), "--",
                               "sh", "-c", "echo $DATABASE_URL; cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().strip()
    assert address.startswith("postgres"), address
    return ["--db", address]


products = Service("products", "--reactors", "2", *database())
LAMP = {"sku": "LAMP-1", "name": "Desk lamp", "price": 9.95, "stock": 3, "category": "books"}


class Api:
    """One kept connection."""

    def __init__(self, service=products):
        self.connection = service.connect()
        self.reader = Reader(self.connection)

    def __call__(self, method, path, body=None, content_type="application/json", fields={}):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        if body is not None:
            head += f"Content-Length: {len(data)}\r\n" + (f"Content-Type: {content_type}\r\n" if content_type else "")
        head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.connection.sendall(head.encode() + b"\r\n" + data)
        response = self.reader.response(method == "HEAD")
        if "json" in response.fields.get("content-type", "") and method != "HEAD":
            response.json = json.loads(response.body)
        if response.status >= 400:
            assert response.fields["content-type"] == "application/problem+json", response.fields
            assert response.json["status"] == response.status
        return response


numbers = iter(range(1, 1_000_000))


def fresh(**changes):
    return {**LAMP, "sku": f"SKU-{next(numbers)}", **changes}


def create(api, **changes):
    response = api("POST", "/products", fresh(**changes))
    assert response.status == 201, response.body
    return response.json


def violations(response):
    assert response.status == 400, response.body
    return {(e.get("pointer", e.get("parameter")), e["code"]) for e in response.json["errors"]}


@suite.test
def a_product_is_created_and_read():
    """POST answers 201 with Location and the product; GET reads it back"""
    api = Api()
    body = fresh(description="Röd \"lampa\"\n", tags=["a", "ü"])
    response = api("POST", "/products", body)
    assert response.status == 201
    assert response.fields["location"] == f"/products/{response.json['id']}"
    assert response.json == {**body, "id": response.json["id"]}
    assert api("GET", response.fields["location"]).json == response.json


@suite.test
def optional_members_have_defaults():
    """description and tags may be left out"""
    product = create(Api())
    assert product["description"] is None and product["tags"] == []


@suite.test
def a_duplicate_sku_is_409():
    """a sku that is taken is 409 for POST and PUT"""
    api = Api()
    first, second = create(api), create(api)
    assert api("POST", "/products", {**LAMP, "sku": first["sku"]}).status == 409
    assert api("PUT", f"/products/{second['id']}", {**LAMP, "sku": first["sku"]}).status == 409


@suite.test
def put_replaces_everything():
    """PUT answers 200 with the product; what is left out is gone"""
    api = Api()
    product = create(api, description="old", tags=["old"])
    replaced = api("PUT", f"/products/{product['id']}", fresh(name="new"))
    assert (replaced.status, replaced.json["name"]) == (200, "new")
    assert (replaced.json["description"], replaced.json["tags"]) == (None, [])
    assert api("GET", f"/products/{product['id']}").json == replaced.json


@suite.test
def delete_removes():
    """DELETE answers 204 and then 404, as do GET and PUT"""
    api = Api()
    path = f"/products/{create(api)['id']}"
    response = api("DELETE", path)
    assert (response.status, response.body) == (204, b"") and "content-length" not in response.fields
    assert [api(m, path, b).status for m, b in (("DELETE", None), ("GET", None), ("PUT", fresh()))] == [404, 404, 404]


@suite.test
def stock_stays_in_its_bounds():
    """stock is changed by delta; below zero or above a million is 409"""
    api = Api()
    path = f"/products/{create(api, stock=3)['id']}/stock"
    assert api("POST", path, {"delta": -3}).json["stock"] == 0
    assert api("POST", path, {"delta": -1}).status == 409
    assert api("POST", path, {"delta": 1000000}).json["stock"] == 1000000
    assert api("POST", path, {"delta": 1}).status == 409
    assert api("POST", "/products/99999999/stock", {"delta": 1}).status == 404


@suite.test
def lists_have_pages():
    """limit and offset cut pages; total counts all; the defaults are 10 and 0"""
    api = Api()
    for _ in range(12):
        create(api)
    whole = api("GET", "/products?limit=100").json
    assert whole["total"] >= 12 and len(whole["items"]) == min(100, whole["total"])
    assert len(api("GET", "/products").json["items"]) == 10
    page = api("GET", "/products?limit=3&offset=2").json
    assert page["items"] == whole["items"][2:5] and page["total"] == whole["total"]
    assert api("GET", "/products?offset=100000").json["items"] == []


@suite.test
def cursors_walk_the_catalogue():
    """the Link of each page leads to the next, each product comes once whatever is added or removed meanwhile"""
    api = Api(Service("products"))
    ids = [create(api)["id"] for _ in range(7)]
    seen, target = [], "/products?limit=3"
    while target:
        response = api("GET", target)
        seen += [p["id"] for p in response.json["items"]]
        link = response.fields.get("link")
        assert link is None or link.startswith("<") and link.endswith('>; rel="next"'), link
        target = link and link[1:link.index(">")]
        if len(seen) == 3:
            assert api("DELETE", f"/products/{ids[0]}").status == 204
            ids.append(create(api)["id"])
    assert seen == ids
    assert response.json["total"] == 7
    first = api("GET", "/products?limit=3").fields["link"]
    behind = first[1:first.index(">")]
    assert [p["id"] for p in api("GET", behind + "&offset=1").json["items"]] == ids[5:8]
    assert "link" not in api("GET", "/products?limit=7").fields
    assert api("GET", "/products?cursor=ffffffffffffffff").json["items"] == []
    for cursor in ("", "0", "fffffffffffffffg", "0" * 17):
        assert violations(api("GET", f"/products?cursor={cursor}")), cursor


@suite.test
def a_tag_says_which_version_it_is():
    """ETag changes with each change, If-None-Match spares the content, If-Match guards PUT"""
    api = Api()
    path = f"/products/{create(api, stock=1)['id']}"
    first = api("GET", path).fields["etag"]
    for tags in (first, "W/" + first, f'"other", {first}', "*"):
        response = api("GET", path, fields={"If-None-Match": tags})
        assert (response.status, response.body, response.fields["etag"]) == (304, b"", first), tags
    assert api("GET", path, fields={"If-None-Match": '"other"'}).status == 200
    second = api("POST", path + "/stock", {"delta": 1}).fields["etag"]
    assert second != first and api("GET", path).fields["etag"] == second

    def put(tags, **changes):
        return api("PUT", path, fresh(**changes), fields={"If-Match": tags})
    for tags in (first, "W/" + second, '"other"', ""):
        assert put(tags, name="lost").status == 412, tags
    assert api("GET", path).json["name"] == LAMP["name"]
    third = put(f"{first}, {second}", name="kept")
    assert third.status == 200 and third.fields["etag"] not in (first, second)
    assert api("GET", path).fields["etag"] == third.fields["etag"]
    assert put("*").status == 200
    assert api("PUT", path, fresh()).status == 200
    assert api("PUT", "/products/99999999", fresh(), fields={"If-Match": "*"}).status == 404


@suite.test
def if_match_can_be_asked_for():
    """--require-if-match: PUT without If-Match is 428"""
    strict = Service("products", "--require-if-match")
    api = Api(strict)
    path = f"/products/{create(api)['id']}"
    assert api("PUT", path, fresh()).status == 428
    assert api("PUT", path, fresh(), fields={"If-Match": api("GET", path).fields["etag"]}).status == 200
    assert strict.stop() == 0


@suite.test
def one_of_two_writers_with_the_same_tag_wins():
    """eight writers with one ETag: one is 200, the others are 412"""
    api = Api()
    path = f"/products/{create(api)['id']}"
    statuses = []
    for _ in range(20):
        tag = api("GET", path).fields["etag"]
        bodies = [fresh() for _ in range(8)]
        won = []

        def work(body):
            won.append(Api()("PUT", path, body, fields={"If-Match": tag}).status)
        threads = [threading.Thread(target=work, args=[body]) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses.append(sorted(won))
    assert all(each == [200] + [412] * 7 for each in statuses), statuses


@suite.test
def an_image_is_stored_with_its_type():
    """PUT stores an image, GET sends it with its type, removing the product removes it"""
    api = Api()
    path = f"/products/{create(api)['id']}/image"
    image = bytes(range(256)) * 2000
    assert api("GET", path).status == 404
    for content_type in ("image/png", "image/jpeg", "image/webp", "application/octet-stream"):
        assert api("PUT", path, image, content_type).status == 204
        response = api("GET", path)
        assert (response.fields["content-type"], response.body == image) == (content_type, True), response.fields
        image = image[:-1]
    assert api("PUT", path, b"<p>", "text/html").status == 415
    assert api("PUT", path).status == 400
    assert api("PUT", "/products/99999999/image", image, "image/png").status == 404
    assert api("GET", path, fields={"Accept": "text/html"}).status == 406
    assert Api()("PUT", path, b" " * 11_000_000, "image/png").status == 413
    assert api("DELETE", path.removesuffix("/image")).status == 204
    assert api("GET", path).status == 404


class Events:
    """Reads a stream of server-sent events."""

    def __init__(self, service=products):
        self.connection = service.connect()
        self.connection.sendall(b"GET /products/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.file = self.connection.makefile("rb")
        assert self.file.readline() == b"HTTP/1.1 200 OK\r\n"
        self.fields = {}
        while (line := self.file.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            self.fields[name.lower()] = value.strip()

    def next(self):
        while line := self.file.readline():
            if line.startswith(b"data: "):
                return json.loads(line[6:])


@suite.test
def changes_of_stock_are_told():
    """watchers on every reactor get every change of stock, in the order of its versions"""
    api = Api()
    watchers = [Events() for _ in range(6)]
    assert all(w.fields["content-type"] == "text/event-stream" for w in watchers)
    product = create(api, stock=5)
    path = f"/products/{product['id']}"
    for delta in (1, -2, 3):
        assert api("POST", path + "/stock", {"delta": delta}).status == 200
    assert api("POST", path + "/stock", {"delta": -100}).status == 409
    assert api("PUT", path, fresh(stock=40)).status == 200
    for watcher in watchers:
        events = [watcher.next() for _ in range(4)]
        assert [(e["productId"], e["stock"]) for e in events] == [(product["id"], n) for n in (6, 4, 7, 40)], events
        versions = [e["version"] for e in events]
        assert versions == sorted(set(versions)), versions
        watcher.connection.close()


@suite.test
def search_finds_a_part_of_the_name():
    """search takes a substring literally, percent-decoded"""
    api = Api()
    names = ["Blue 100% wool_sock", "Blue 1000 wool sock", "Grün+gelb"]
    for name in names:
        create(api, name=name)

    def found(query):
        return [p["name"] for p in api("GET", "/products/search?query=" + query).json["items"]]
    assert found("100%25") == [names[0]]
    assert found("wool_") == [names[0]]
    assert found("wool+sock") == [names[1]]
    assert found("Gr%C3%BCn%2Bgelb") == [names[2]]
    assert found("nothing-like-it") == []


@suite.test
def every_violation_is_reported_with_its_pointer():
    """400 names every violation of the content at once"""
    api = Api()
    bad = {"sku": "abc", "name": "", "description": "x" * 1001, "price": -1, "stock": 1000001, "category": "toys",
           "tags": ["x"] * 11}
    assert violations(api("POST", "/products", bad)) == {
        ("/sku", "pattern"), ("/name", "min_length"), ("/description", "max_length"), ("/price", "minimum"),
        ("/stock", "maximum"), ("/category", "enum"), ("/tags", "max_items")}
    assert violations(api("POST", "/products", {})) == {
        (f"/{name}", "required") for name in ("sku", "name", "price", "stock", "category")}
    wrong = {"sku": 1, "name": None, "price": "1", "stock": 1.5, "category": [], "tags": {}, "description": 1}
    assert {pointer for pointer, _ in violations(api("POST", "/products", wrong))} == {f"/{name}" for name in wrong}


@suite.test
def a_bound_of_one_is_told_in_the_singular():
    """a name must have at least 1 character, a description at most 1000 characters"""
    answer = Api()("POST", "/products", fresh(name="", description="x" * 1001))
    assert [each["detail"] for each in answer.json["errors"]] == [
        "must have at least 1 character", "must have at most 1000 characters"]


@suite.test
def bounds_are_exact():
    """each bound is kept at n - 1, n and n + 1"""
    api = Api()

    def status(**changes):
        return api("POST", "/products", fresh(**changes)).status
    for name, good, bad in [
        ("sku", ["A-1", "A" * 20], ["A1", "A" * 21, "a-1", "A 1", "A-1\n", "Ä-1", ""]),
        ("name", ["x", "x" * 200, "ü" * 200, "\U0001f600" * 200], ["", "x" * 201, "\U0001f600" * 201]),
        ("description", [None, "", "x" * 1000], ["x" * 1001]),
        ("price", [0, 0.01, 1e300], [-0.01, "1", None, True]),
        ("stock", [0, 1000000, 1.0], [-1, 1000001, 0.5, 1e30, 99999999999999999999]),
        ("category", ["electronics", "other"], ["Other", "", None, 1]),
        ("tags", [[], ["x"] * 10], [["x"] * 11, [1], "x", None]),
    ]:
        for value in good:
            assert status(**{name: value}) == 201, (name, value)
        for value in bad:
            assert status(**{name: value}) == 400, (name, value)


@suite.test
def malformed_content_is_400():
    """content that is not JSON is 400 and says where, whatever it is"""
    api = Api()
    good = json.dumps(fresh()).encode()
    for end in range(1, len(good)):
        assert api("POST", "/products", good[:end]).status == 400, good[:end]
    for body in [b"{", b"[]", b"null", b"nul", b'"x"', b"{}x", good + b"}", good.replace(b":", b"", 1), b"[" * 5000,
                 b'{"sku":"\xff"}', b'{"sku":"\\ud800"}', b'{"sku":"A-1","sku":"A-2"}', b"\xef\xbb\xbf" + good,
                 b'{"price":01}', b'{"price":NaN}', b'{"price":1e999}', b"\x00"]:
        response = api("POST", "/products", body)
        assert response.status == 400, body
        assert response.json["errors"], body


@suite.test
def parameters_are_strict():
    """parameters that are not what the contract says are 400 and named"""
    api = Api()
    for query, parameter in [("limit=0", "query/limit"), ("limit=101", "query/limit"), ("limit=1x", "query/limit"),
                             ("limit=", "query/limit"), ("limit=%2B5", "query/limit"),
                             ("limit=1&limit=2", "query/limit"),
                             ("offset=-1", "query/offset"), ("offset=99999999999999999999", "query/offset")]:
        assert parameter in {p for p, _ in violations(api("GET", "/products?" + query))}, query
    for id in ("abc", "1.5", "99999999999999999999", "1%20"):
        assert violations(api("GET", f"/products/{id}")) , id
    assert violations(api("GET", "/products/search")) == {("query/query", "required")}
    both = violations(api("PUT", "/products/x", {}))
    assert ("path/id", "type") in both and ("/sku", "required") in both


@suite.test
def other_failures_have_their_status():
    """404, 405 with Allow, 413 and 415 are problem details"""
    api = Api()
    assert api("GET", "/nothing").status == 404
    response = api("PATCH", "/products/1")
    assert (response.status, response.fields["allow"]) == (405, "GET, HEAD, PUT, DELETE, OPTIONS")
    assert api("POST", "/products", b"sku=1", "application/x-www-form-urlencoded").status == 415
    assert api("POST", "/products", b"{}", None).status == 415
    assert api("POST", "/products").status == 400
    assert Api()("POST", "/products", b"{" + b" " * 11_000_000).status == 413


@suite.test
def health_is_ok():
    """health answers ok, and HEAD has no content"""
    api = Api()
    assert api("GET", "/health").json == {"status": "ok"}
    assert api("HEAD", "/health").status == 200
    assert api("GET", "/health").status == 200


@suite.test
def concurrent_writers_lose_nothing():
    """writers on two reactors: every piece of stock is taken once and every product is there"""
    api = Api()
    path = f"/products/{create(api, stock=1000)['id']}/stock"
    taken, made = [], []

    def work():
        mine = Api()
        for _ in range(150):
            taken.append(mine("POST", path, {"delta": -1}).status)
            made.append(mine("POST", "/products", fresh()).status)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.count(201) == 1200, set(made)
    assert (taken.count(200), taken.count(409)) == (1000, 200), {s: taken.count(s) for s in set(taken)}


@suite.test
def text_that_no_database_stores():
    """U+0000, which JSON and URLs can hold, is the client's error and not the service's"""
    api = Api()
    for changes in ({"name": "a\0b"}, {"description": "\0"}, {"tags": ["a", "\0"]}):
        assert api("POST", "/products", fresh(**changes)).status == 400, changes
    assert api("GET", "/products/search?query=%00").status == 400
    assert api("POST", "/products", fresh()).status == 201


@suite.test
def a_file_keeps_its_products():
    """--db keeps products across restarts"""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/products.db"
        first = Service("products", "--db", path)
        product = create(Api(first))
        assert first.stop() == 0
        second = Service("products", "--db", path)
        assert Api(second)("GET", f"/products/{product['id']}").json == product
        assert second.stop() == 0


@suite.test
def a_file_of_another_program_is_left_alone():
    """a database whose tables other migrations made is refused with one line and keeps what it has"""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/products.db"
        with contextlib.closing(sqlite3.connect(path)) as other, other:
            other.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, what TEXT)")
            other.execute("INSERT INTO products VALUES (7, 'kept')")
        lines = refused("--db", path)
        assert len(lines) == 1 and "0001_products" in lines[0] and "products" in lines[0], lines
        with contextlib.closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT * FROM products").fetchall() == [(7, "kept")]


def refused(*arguments, user=None):
    result = subprocess.run([BINARIES / "products", "--port", "0", *arguments], capture_output=True, text=True,
                            timeout=PATIENCE)
    assert result.returncode == 1, result
    return (result.stderr + result.stdout).strip().splitlines()


@suite.test
def a_database_that_cannot_be_used_is_one_line():
    """a missing folder, a folder, a file that is no database and one that cannot be written are one line each"""
    with tempfile.TemporaryDirectory() as folder:
        other = pathlib.Path(folder, "other.db")
        other.write_bytes(b"this is not a database, it is a text of some length" * 100)
        for path in (folder + "/missing/products.db", folder, str(other), "/proc/products.db"):
            lines = refused("--db", path)
            assert len(lines) == 1 and path in lines[0], (path, lines)


suite.run()
