"""Formulas and readers on values: no repository is needed."""

import json
from pathlib import Path

import numpy as np
import polars as pl
from acme_mlops.columns_without_values import measure
from acme_mlops.jsonl import read
from acme_mlops.max_error import max_error

from mlops.documents.data import DataReport


def test_the_largest_error_of_the_rows_that_count():
    weights = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 0.0]])
    measured = max_error(np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 0.0]))
    assert measured(weights).tolist() == [3.0, 0.5]


def test_a_row_a_line(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a": 1, "b": "x"}\n{"a": 2, "b": null}\n')
    assert read(None, tmp_path / "rows.jsonl").collect().equals(pl.DataFrame({"a": [1, 2], "b": ["x", None]}))


def test_columns_without_values_are_counted():
    columns = [{"name": str(nulls), "type": "number", "nulls": nulls} for nulls in (0, 2, 4)]
    report = DataReport.model_validate({"rows": 4, "columns": columns})
    assert measure(report, 0.95) == (2.0, 2.0, 2.0, 3, "columns")
    assert measure(DataReport(), 0.95) == "reports/data.json lists no columns"


def test_every_entry_point_is_declared():
    declared = json.loads((Path(__file__).parents[1] / "acme_mlops/mlops-kinds.json").read_text())
    assert {group: list(kinds) for group, kinds in declared.items() if group != "schema_version"} == {
        "models": ["acme_extra_trees"],
        "metrics": ["acme_max_error"],
        "sources": ["acme_jsonl"],
        "gate_rules": ["acme_columns_without_values"],
    }
