#!/usr/bin/env python3
"""The tests of Products, with its products in a PostgreSQL server of the test's own."""

import os
import pathlib
import runpy

os.environ["KATANA_DB"] = "postgres"
runpy.run_path(str(pathlib.Path(__file__).with_name("products_test.py")), run_name="__main__")
