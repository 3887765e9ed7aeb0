"""Writes a synthetic contract: schemas of 12 members and an operation to read and replace each.

contract.py [schemas]    as many as asked for, 200 unless told
"""
import sys

MEMBERS = """\
        id: { type: integer, format: int64, minimum: 1 }
        name: { type: string, minLength: 1, maxLength: 80 }
        note: { type: string, maxLength: 400 }
        count: { type: integer, format: int32, minimum: 0 }
        price: { type: number, format: double, minimum: 0 }
        active: { type: boolean }
        tags: { type: array, maxItems: 16, items: { type: string } }
        scores: { type: array, items: { type: number, format: double } }
        created: { type: string, format: date-time }
        owner: { type: string, format: uuid }
        state: { type: string, enum: [draft, open, closed] }
        parent: { type: string }
"""


def contract(count):
    yield 'openapi: 3.1.0\ninfo: { title: Compiled, version: "1" }\npaths:\n'
    for i in range(count):
        yield f"""\
  /items{i}/{{id}}:
    put:
      operationId: replaceItem{i}
      tags: [group{i // 25}]
      parameters:
        - {{ name: id, in: path, required: true, schema: {{ type: integer, format: int64 }} }}
      requestBody:
        required: true
        content: {{ application/json: {{ schema: {{ $ref: "#/components/schemas/Item{i}" }} }} }}
      responses:
        "200":
          description: The item as it is now.
          content: {{ application/json: {{ schema: {{ $ref: "#/components/schemas/Item{i}" }} }} }}
"""
    yield "components:\n  schemas:\n"
    for i in range(count):
        yield f"""\
    Item{i}:
      type: object
      description: Item number {i} of a synthetic contract.
      required: [id, name, count, price, active, tags, state]
      properties:
{MEMBERS}"""


if __name__ == "__main__":
    sys.stdout.writelines(contract(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
