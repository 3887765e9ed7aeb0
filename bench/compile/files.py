#!/usr/bin/env python3
"""Writes a contract of many files whose schemas lead around in circles, through other files as well: a tree of parts,
each with its paths and its schemas. Always the same for the same numbers. For `katana gen high -i FOLDER/openapi.yaml`."""
import argparse
import pathlib
import random

SCALARS = [
    "{ type: string, minLength: 1, maxLength: 40 }",
    "{ type: integer, format: int64, minimum: 0 }",
    "{ type: number, multipleOf: 0.5 }",
    "{ type: boolean }",
    "{ type: string, format: date-time }",
    "{ type: string, format: uuid }",
    "{ type: string, enum: [draft, open, closed] }",
    "{ type: array, maxItems: 5, items: { type: string, pattern: '^[a-z]+$' } }",
    "{ type: [string, 'null'] }",
]


def place(schema, part):
    """A `$ref` to a schema from the schemas of a part."""
    other, number = schema
    file = "" if other == part else f"../part{other}/schemas.yaml"
    return f'{{ $ref: "{file}#/Model{other}x{number}" }}'


def schemas(part, parts, count, chance):
    def anyone():
        return place((chance.randrange(parts), chance.randrange(count)), part)

    yield "Base:\n  type: object\n  required: [made]\n  properties:\n    made: { type: string, format: date-time }\n"
    for i in range(count):
        name = f"Model{part}x{i}"
        kind = i % 10
        if kind == 8:  # of what another file has, too: its members become those of this one
            yield (f"{name}:\n  allOf:\n    - $ref: \"#/Base\"\n    - type: object\n      properties:\n"
                   f"        own: {chance.choice(SCALARS)}\n        link: {anyone()}\n")
        elif kind == 9:  # one of three that their members tell apart
            yield f"{name}:\n  oneOf:\n"
            for word in ("first", "second", "third"):
                yield (f"    - type: object\n      required: [{word}]\n      properties:\n"
                       f"        {word}: {chance.choice(SCALARS)}\n        link: {anyone()}\n")
        else:
            yield f"{name}:\n  type: object\n  required: [name]\n  properties:\n    name: {SCALARS[0]}\n"
            for member in range(5):
                yield f"    member{member}: {chance.choice(SCALARS)}\n"
            yield f"    link: {anyone()}\n    many: {{ type: array, maxItems: 3, items: {anyone()} }}\n"
            yield f"    named: {{ type: object, additionalProperties: {anyone()} }}\n"
            yield f"    itself: {{ type: array, maxItems: 2, items: {place((part, i), part)} }}\n"


def paths(part, count):
    def content(number):
        return f'{{ application/json: {{ schema: {{ $ref: "schemas.yaml#/Model{part}x{number % count}" }} }} }}'

    yield f"""\
all:
  get:
    operationId: listPart{part}
    tags: [part{part}]
    responses: {{ "200": {{ description: A model., content: {content(0)} }} }}
  post:
    operationId: addPart{part}
    tags: [part{part}]
    requestBody: {{ required: true, content: {content(1)} }}
    responses: {{ "201": {{ description: A model., content: {content(2)} }} }}
one:
  parameters: [{{ name: id, in: path, required: true, schema: {{ type: integer, format: int64 }} }}]
  get:
    operationId: getPart{part}
    tags: [part{part}]
    responses: {{ "200": {{ description: A model., content: {content(8)} }} }}
  put:
    operationId: replacePart{part}
    tags: [part{part}]
    requestBody: {{ required: true, content: {content(9)} }}
    responses: {{ "200": {{ description: A model., content: {content(9)} }} }}
  delete:
    operationId: removePart{part}
    tags: [part{part}]
    responses: {{ "204": {{ description: Gone. }} }}
"""


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("parts", type=int, nargs="?", default=50)
    words.add_argument("schemas", type=int, nargs="?", default=50, help="of each part")
    words = words.parse_args()
    folder, parts, count = words.folder, words.parts, words.schemas
    chance = random.Random(parts * count)
    lines = ['openapi: 3.1.0\ninfo: { title: Parts, version: "1" }\npaths:\n']
    for part in range(parts):
        home = folder / f"part{part}"
        home.mkdir(parents=True, exist_ok=True)
        (home / "schemas.yaml").write_text("".join(schemas(part, parts, count, chance)))
        (home / "paths.yaml").write_text("".join(paths(part, count)))
        for path, item in (("", "all"), ("/{id}", "one")):
            lines.append(f'  /part{part}{path}: {{ $ref: "part{part}/paths.yaml#/{item}" }}\n')
    (folder / "openapi.yaml").write_text("".join(lines))


if __name__ == "__main__":
    main()
