"""Judges documents with Python's jsonschema.

Reads [{"schema": …, "documents": […]}, …] and writes a line for each, a 0 or 1 for each document."""

import json
import re
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema._validators
from jsonschema import Draft202012Validator, ValidationError, validators

# The message of jsonschema 4.10 sorts items of several types, which Python cannot; nobody reads it here.
jsonschema._validators.extras_msg = lambda extras: ("", "")


def evaluated(validator, instance, schema, own=None):
    """The names or indices that a schema, which holds, evaluates. jsonschema 4.10 has its own idea of them, which knows
    no additionalProperties with a schema; this follows section 11 of the standard by the letter."""
    if isinstance(schema, bool):
        return set()

    def holds(subschema, value=instance):
        return validator.evolve(schema=subschema).is_valid(value)

    found = set()
    if isinstance(instance, dict):
        rest = "additionalProperties" in schema
        rest = rest or ("unevaluatedProperties" in schema and own != "unevaluatedProperties")
        patterns = schema.get("patternProperties", {})
        for name in instance:
            known = name in schema.get("properties", {}) or any(re.search(pattern, name) for pattern in patterns)
            if rest or known:
                found.add(name)
    elif isinstance(instance, list):
        rest = "items" in schema or ("unevaluatedItems" in schema and own != "unevaluatedItems")
        found |= set(range(len(instance) if rest else len(schema.get("prefixItems", []))))
        if "contains" in schema:
            found |= {index for index, item in enumerate(instance) if holds(schema["contains"], item)}
    applied = list(schema.get("allOf", []))
    for keyword in ("anyOf", "oneOf"):
        applied += [branch for branch in schema.get(keyword, []) if holds(branch)]
    if "$ref" in schema:
        applied.append(validator.resolver.resolve(schema["$ref"])[1])
    if "if" in schema:
        if holds(schema["if"]):
            applied += [schema["if"], schema.get("then", True)]
        else:
            applied.append(schema.get("else", True))
    if isinstance(instance, dict):
        applied += [branch for name, branch in schema.get("dependentSchemas", {}).items() if name in instance]
    return found.union(*(evaluated(validator, instance, branch) for branch in applied))


def unevaluated_items(validator, subschema, instance, schema):
    if isinstance(instance, list):
        known = evaluated(validator, instance, schema, "unevaluatedItems")
        for index, item in enumerate(instance):
            if index not in known and not validator.evolve(schema=subschema).is_valid(item):
                yield ValidationError("unevaluated item")


def unevaluated_properties(validator, subschema, instance, schema):
    if isinstance(instance, dict):
        known = evaluated(validator, instance, schema, "unevaluatedProperties")
        for name, value in instance.items():
            if name not in known and not validator.evolve(schema=subschema).is_valid(value):
                yield ValidationError("unevaluated property")


Validator = validators.extend(
    Draft202012Validator,
    {"unevaluatedItems": unevaluated_items, "unevaluatedProperties": unevaluated_properties},
)

for case in json.load(sys.stdin):
    validator = Validator(case["schema"])
    print("".join("1" if validator.is_valid(document) else "0" for document in case["documents"]))
