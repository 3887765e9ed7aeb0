"""Judges documents with Python's jsonschema: reads [{"schema": …, "documents": […]}, …], writes a line of 0 and 1 each."""

import json
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema._validators
from jsonschema import Draft202012Validator

# The message of jsonschema 4.10 sorts items of several types, which Python cannot; nobody reads it here.
jsonschema._validators.extras_msg = lambda extras: ("", "")

for case in json.load(sys.stdin):
    validator = Draft202012Validator(case["schema"])
    print("".join("1" if validator.is_valid(document) else "0" for document in case["documents"]))
