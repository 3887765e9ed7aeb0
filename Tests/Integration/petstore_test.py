#!/usr/bin/env python3
"""The pet store: every style of parameter against what it was read to, every kind of content, every way to log in."""

import json
from urllib.parse import quote

from service import Reader, Service, Suite

suite = Suite()
SECRET = "let me in"
store = Service("petstore", "--reactors", "2", "--secret", SECRET)
KEY = {"X-API-Key": SECRET}
TOM = {"kind": "cat", "name": "Tom", "lives": 9, "note": "shy", "tags": ["grey", "old"],
       "attributes": {"eyes": "green"}}
REX = {"kind": "dog", "name": "Rex", "trained": False}


class Api:
    """One kept connection."""

    def __init__(self):
        self.connection = store.connect()
        self.reader = Reader(self.connection)

    def __call__(self, method, path, body=None, fields={}, content_type="application/json"):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        if body is not None:
            head += f"Content-Length: {len(data)}\r\nContent-Type: {content_type}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.connection.sendall(head.encode() + b"\r\n" + data)
        response = self.reader.response(method == "HEAD")
        if response.fields.get("content-type") in ("application/json", "application/problem+json"):
            response.json = json.loads(response.body)
        if response.status >= 400:
            assert response.fields["content-type"] == "application/problem+json", response.fields
        return response


api = Api()


def add(pet):
    response = api("POST", "/pets", pet, KEY)
    assert response.status == 201, response.body
    return response.json


def violations(response):
    assert response.status == 400, (response.status, response.body)
    return {(e.get("pointer", e.get("parameter")), e["code"]) for e in response.json["errors"]}


POINT = {"x": 1, "y": -2}
ALL = {"scalar": "a-b", "list": [3, -4], "object": POINT, "listExploded": [5, 6], "objectExploded": POINT}


@suite.test
def every_style_is_read():
    """a scalar, arrays and objects in every style of every place, exploded and not, become what was written"""
    for path, fields, expected in [
        ("/styles/simple/a-b/3,-4/x,1,y,-2/5,6/x=1,y=-2", {}, ALL),
        ("/styles/simple/a%2Db/3,%2D4/y,-2,x,1/5,6/y=-2,x=1", {}, ALL),
        ("/styles/label/.a-b/.3,-4/.x,1,y,-2/.5.6/.x=1.y=-2", {}, ALL),
        ("/styles/matrix/;scalar=a-b/;list=3,-4/;object=x,1,y,-2/;listExploded=5;listExploded=6/;x=1;y=-2", {}, ALL),
        ("/styles/form?y=-2&listExploded=5&scalar=%61&x=1&listExploded=6", {},
         {"scalar": "a", "listExploded": [5, 6], "objectExploded": POINT}),
        ("/styles/form", {}, {}),
        ("/styles/joined?list=3,-4&object=x,1,y,-2", {}, {"list": [3, -4], "object": POINT}),
        ("/styles/joined?object=y,%2D2,x,1", {}, {"object": POINT}),
        ("/styles/delimited?spaces=3%20-4&pipes=5%7C6", {}, {"list": [3, -4], "listExploded": [5, 6]}),
        ("/styles/delimited?pipes=5|6&spaces=3+-4", {}, {"list": [3, -4], "listExploded": [5, 6]}),
        ("/styles/delimited-objects?spaces=x%201%20y%20-2&pipes=y%7C-2|x%7C1", {},
         {"object": POINT, "objectExploded": POINT}),
        ("/styles/deep?object%5Bx%5D=1&object[y]=-2", {}, {"object": POINT}),
        ("/styles/content?object=" + quote('{"from":{"x":1,"y":-2},"to":{"y":-2,"x":1}}'), {},
         {"segment": {"from": POINT, "to": POINT}}),
        ("/styles/header", {"X-Scalar": "a-b", "x-list": "3, -4", "X-Object": "x,1,y,-2",
                            "X-OBJECT-EXPLODED": "x=1,y=-2"},
         {"scalar": "a-b", "list": [3, -4], "object": POINT, "objectExploded": POINT}),
        ("/styles/header", {}, {}),
        ("/styles/cookie", {"Cookie": "scalar=a-b; list=3,-4; object=x,1,y,-2; other=1"},
         {"scalar": "a-b", "list": [3, -4], "object": POINT}),
    ]:
        response = api("GET", path, fields=fields)
        assert response.status == 200, (path, response.status, response.body)
        assert response.json == expected, (path, response.json)


@suite.test
def what_breaks_a_parameter_is_named():
    """values that a style or a schema does not allow are 400 and name the parameter"""
    for path, fields, expected in [
        # A comma that is encoded belongs to a value (RFC 6570 §3.2.1).
        ("/styles/simple/a/3%2C4/x,1,y,2/5/x=1,y=2", {}, {("path/list", "type")}),
        ("/styles/simple/a%20b/3,x/x,1/5/x=1,y=2", {},
         {("path/scalar", "pattern"), ("path/list", "type"), ("path/object", "required")}),
        ("/styles/label/a-b/.3/.x,1,y,2/.5/.x=1.y=2", {}, {("path/scalar", None)}),
        ("/styles/matrix/;other=a/;list=3/;object=x,1,y,2/;listExploded=5/;x=1;y=2", {}, {("path/scalar", None)}),
        ("/styles/simple/a/3/x,1,y,2/5/x=1,y=2,5", {}, {("path/objectExploded", "format")}),
        ("/styles/label/.a/.3/.x,1,y,2/.5/.x=1.y=2.5", {}, {("path/objectExploded", "format")}),
        ("/styles/joined?list=" + ",".join("1" * 11), {}, {("query/list", "max_items")}),
        ("/styles/joined?object=x,1,y,2,z,3", {}, {("query/object/z", "additional_property")}),
        ("/styles/joined?object=x%2C1%2Cy%2C2", {}, {("query/object", "format")}),
        ("/styles/form?scalar=a&scalar=b", {}, {("query/scalar", "repeated")}),
        ("/styles/deep", {}, {("query/object", "required")}),
        ("/styles/deep?object[x]=1", {}, {("query/object", "required")}),
        ("/styles/content?object={}", {}, None),
        ("/styles/content?object={", {}, None),
        ("/styles/header", {"X-List": "1,,2"}, {("header/X-List", "type")}),
        ("/styles/cookie", {"Cookie": "list=1,99999999999"}, {("cookie/list", "maximum")}),
    ]:
        found = violations(api("GET", path, fields=fields))
        if expected is None:
            assert found, path
            continue
        for parameter, code in expected:
            assert any(p and p.startswith(parameter) and code in (None, c) for p, c in found), (path, found)


@suite.test
def pets_are_cats_or_dogs():
    """the discriminator says what a pet is; an id that a client gives is not taken"""
    tom, rex = add({**TOM, "id": 99999999}), add(REX)
    assert tom == {**TOM, "id": tom["id"]} and tom["id"] != 99999999
    assert rex["kind"] == "dog" and rex["trained"] is False and "lives" not in rex
    assert api("GET", f"/pets/{tom['id']}").json == tom
    for pet, expected in [
        ({**REX, "kind": "cat"}, ("/lives", "required")),
        ({**TOM, "lives": 10}, ("/lives", "maximum")),
        ({**TOM, "tags": ["a", "a"]}, ("/tags", "unique_items")),
        ({**TOM, "attributes": {"eyes": 1}}, ("/attributes/eyes", "type")),
    ]:
        assert expected in violations(api("POST", "/pets", pet, KEY)), pet
    for pet in ({**TOM, "kind": "bird"}, {"name": "Tom"}, [], b"null"):
        assert violations(api("POST", "/pets", pet, KEY)), pet


@suite.test
def a_patch_changes_what_it_names():
    """a merge patch keeps what it leaves out, and null removes a note"""
    tom = add(TOM)
    path = f"/pets/{tom['id']}"

    def patch(change, content_type="application/merge-patch+json", fields=KEY):
        return api("PATCH", path, change, fields, content_type)
    assert patch({"name": "Thomas"}).json == {**tom, "name": "Thomas"}
    assert patch({"note": None}).json.get("note") is None
    assert patch({"note": "bold"}).json == {**tom, "name": "Thomas", "note": "bold"}
    assert violations(patch({"name": None})) == {("/name", "type")}
    assert patch({}, "application/json").status == 415
    assert patch({}, fields={}).status == 401
    assert api("PATCH", "/pets/999999", {}, KEY, "application/merge-patch+json").status == 404


@suite.test
def a_list_comes_as_json_or_csv():
    """Accept decides between JSON and CSV, q-values count, and what there is not is 406"""
    tag = "csv-only"
    quoted = add({**TOM, "name": 'Tom "the cat", 9\nlives', "tags": [tag]})
    dog = add({**REX, "tags": [tag]})
    path = f"/pets?tag={tag}"
    assert api("GET", path).json == [quoted, dog]
    assert api("GET", path + "&kind=dog").json == [dog]
    assert api("GET", path + "&tag=grey").json == []
    assert api("GET", path + "&limit=1").json == [quoted]
    response = api("GET", path, fields={"Accept": "text/csv, application/json;q=0.5"})
    assert response.fields["content-type"].startswith("text/csv") and response.fields["vary"].lower() == "accept"
    assert response.body.decode() == (
        f'id,kind,name\r\n{quoted["id"]},cat,"Tom ""the cat"", 9\nlives"\r\n{dog["id"]},dog,Rex\r\n'), response.body
    assert api("GET", path, fields={"Accept": "text/csv;q=0.1, */*"}).json
    assert api("GET", path, fields={"Accept": "image/png"}).status == 406


@suite.test
def whoever_logs_in_may_do_what_the_contract_says():
    """an API key or a token with the scope deletes; another token may not, nobody is told how to log in"""
    def remove(fields):
        return api("DELETE", f"/pets/{add(REX)['id']}", fields=fields)
    assert remove(KEY).status == 204
    assert remove({"Authorization": f"Bearer {SECRET.replace(' ', '_')}"}).status == 401
    assert remove({"X-API-Key": "wrong"}).status == 401
    nobody = remove({})
    assert nobody.status == 401 and "Bearer" in nobody.fields["www-authenticate"], nobody.fields
    assert api("POST", "/pets", TOM).status == 401
    assert api("POST", "/pets", TOM, {"X-API-Key": SECRET + "x"}).status == 401


@suite.test
def tokens_have_scopes():
    """a token with a scope exports, one without it may not write"""
    other = Service("petstore", "--secret", "s3cret")
    connection = other.connect()
    reader = Reader(connection)

    def ask(method, path, token):
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        return reader.response()
    assert ask("GET", "/pets/export", "s3cret").status == 200
    assert ask("GET", "/pets/export", "read-s3cret").status == 200
    assert ask("GET", "/pets/export", "s4cret").status == 401
    refused = ask("DELETE", "/pets/1", "read-s3cret")
    assert refused.status == 403 and "insufficient_scope" in refused.fields["www-authenticate"], refused.fields
    assert ask("DELETE", "/pets/1", "s3cret").status == 404
    assert other.stop() == 0


@suite.test
def an_export_has_a_line_for_each_pet():
    """JSON lines: a document to a line"""
    with_token = Service("petstore", "--secret", "s3cret")
    connection = with_token.connect()
    reader = Reader(connection)
    for pet in (TOM, REX):
        body = json.dumps(pet)
        connection.sendall(f"POST /pets HTTP/1.1\r\nHost: a\r\nX-API-Key: s3cret\r\nContent-Type: application/json\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        assert reader.response().status == 201
    connection.sendall(b"GET /pets/export HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cret\r\n\r\n")
    response = reader.response()
    assert response.fields["content-type"] == "application/jsonl", response.fields
    assert [json.loads(line)["name"] for line in response.body.decode().splitlines()] == ["Tom", "Rex"]
    assert with_token.stop() == 0


@suite.test
def a_form_books_a_visit():
    """an urlencoded form is read with its types, and what is wrong has a pointer"""
    path = f"/pets/{add(TOM)['id']}/visits"
    form = "application/x-www-form-urlencoded"
    response = api("POST", path, b"day=2026-02-28&visitors=3&remark=two+dogs%2C+one%20cat", content_type=form)
    assert response.status == 201, response.body
    assert response.json == {"day": "2026-02-28", "visitors": 3, "remark": "two dogs, one cat"}
    assert violations(api("POST", path, b"day=2026-02-30&visitors=11", content_type=form)) == {
        ("/day", "format"), ("/visitors", "maximum")}
    assert violations(api("POST", path, b"remark=x", content_type=form)) == {
        ("/day", "required"), ("/visitors", "required")}
    assert api("POST", path, {"day": "2026-02-28", "visitors": 3}).status == 415
    assert api("POST", "/pets/999999/visits", b"day=2026-02-28&visitors=3", content_type=form).status == 404


@suite.test
def a_photo_is_uploaded_and_downloaded():
    """a multipart form stores a photo with its name, its type and a part that is JSON; it comes back byte by byte"""
    path = f"/pets/{add(TOM)['id']}/photo"
    photo = bytes(range(256)) * 300
    assert api("GET", path).status == 404

    def part(name, content, more="", content_type=None):
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'
        head += f"Content-Type: {content_type}\r\n" if content_type else ""
        return head.encode() + b"\r\n" + content + b"\r\n"
    form = (part("caption", "schläft".encode()) + part("photo", photo, '; filename="tom.png"', "image/png")
            + part("focus", b'{"x":1,"y":2}', content_type="application/json") + b"--cut--\r\n")
    response = api("PUT", path, form, content_type="multipart/form-data; boundary=cut")
    assert response.status == 200, response.body
    assert response.json == {"size": len(photo), "name": "tom.png", "contentType": "image/png", "caption": "schläft",
                             "focus": {"x": 1, "y": 2}}
    download = api("GET", path)
    assert download.fields["content-type"] == "application/octet-stream" and download.body == photo
    assert download.fields["content-disposition"] == 'attachment; filename="photo"'
    minus = part("photo", b"-1", '; filename="a"') + part("caption", b"--cu") + b"--cut--\r\n"
    response = api("PUT", path, minus, content_type="multipart/form-data; boundary=cut")
    assert (response.status, response.json.get("caption"), api("GET", path).body) == (200, "--cu", b"-1"), response.body
    nothing = part("caption", b"x" * 101) + b"--cut--\r\n"
    assert violations(api("PUT", path, nothing, content_type="multipart/form-data; boundary=cut")) == {
        ("/caption", "max_length"), ("/photo", "required")}
    assert api("PUT", path, b"--cut", content_type="multipart/form-data; boundary=cut").status == 400


@suite.test
def categories_are_a_tree():
    """a recursive schema is read and written at any depth that JSON may have here"""
    tree = {"name": "0"}
    for number in range(1, 25):
        tree = {"name": str(number), "children": [tree, {"name": "leaf"}]}
    assert api("PUT", "/categories", tree).json == 49
    assert api("GET", "/categories").json == tree
    assert violations(api("PUT", "/categories", {"name": "a", "children": [{"name": "b", "children": [{}]}]})) == {
        ("/children/0/children/0/name", "required")}
    for _ in range(50):
        tree = {"name": "deep", "children": [tree]}
    assert api("PUT", "/categories", tree).status == 400


@suite.test
def other_contents():
    """a card is text; the inventory is a map"""
    tom = add(TOM)
    card = api("GET", f"/pets/{tom['id']}/card")
    assert card.fields["content-type"].startswith("text/plain") and card.body == b"Tom, a cat with 9 lives\n"
    inventory = api("GET", "/inventory").json
    add(REX)
    assert api("GET", "/inventory").json == {**inventory, "dog": inventory.get("dog", 0) + 1}


suite.run()
