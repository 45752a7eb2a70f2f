"""Tables of users are read in one way: nothing else in `mlops/` cuts their text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlops

PACKAGE = Path(mlops.__file__).parent
READERS = frozenset(
    {"reader", "DictReader", "read_csv", "scan_csv", "read_ndjson", "scan_ndjson", "read_json", "read_excel"}
    | {"genfromtxt", "loadtxt", "read_table", "read_csv_auto"}
)
"""What cuts the text of a table, of Python, Polars, pandas, numpy and DuckDB."""
THE_READER = {
    "ml/data/delimited.py": {"scan_csv", "read_csv"},
    "files/csv_header.py": {"reader"},
    "sources/excel.py": {"read_excel"},
}
OTHERS = {
    "configuration/reading/fleet.py": {"reader"},  # the table of a fleet, which is configuration
    "monitor/segment.py": {"read_ndjson"},  # the prediction log, which our server writes
    "operations/releasing/register.py": {"reader"},  # reports/history.csv, which our stage writes
    "operations/trying/tracked.py": {"DictReader"},  # the same
    "present/report/documents.py": {"DictReader"},  # reports that our stages write
    "serve/csv_rows.py": {"reader"},  # a request: the server knows no table library
}


def cutting(source: str) -> set[str]:
    """List the readers that a module calls or hands on."""
    return {name for node in ast.walk(ast.parse(source)) for name in _named(node) if name in READERS}


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id in ("csv", "pl", "polars", "pd", "pandas", "np", "numpy", "duckdb", "connection"):
            yield node.attr
    elif isinstance(node, ast.ImportFrom) and node.module in ("csv", "polars", "pandas", "numpy"):
        yield from (item.name for item in node.names)


@pytest.mark.slow
def test_users_tables_have_one_reader():
    found = {
        path.relative_to(PACKAGE).as_posix(): names
        for path in sorted(PACKAGE.rglob("*.py"))
        if (names := cutting(path.read_text(encoding="utf-8")))
    }
    assert found == THE_READER | OTHERS


@pytest.mark.parametrize(
    "planted", ["import csv\ncsv.reader([])", "from csv import DictReader", "import polars as pl\npl.scan_csv('a')"]
)
def test_another_reader_is_found(planted):
    assert cutting(planted)
