from __future__ import annotations

import doctest
import json

import pytest

from mlops.files import tracked
from mlops.files.tracked import Data


def test_examples_are_true() -> None:
    failed, tried = doctest.testmod(tracked)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(
    ("place", "kind", "key"),
    [
        ("data/churn.csv", "local", "uri"),
        ("s3://bucket/churn.csv", "s3", "uri"),
        ("https://data.example/churn.csv", "http", "url"),
    ],
)
def test_a_source_has_the_type_that_mlflow_reads_it_by(place: str, kind: str, key: str) -> None:
    name, digest, source_type, source, schema, profile = Data("churn", "sha256:" + "d" * 64, place).dataset
    assert (name, digest, source_type) == ("churn", "d" * 32, kind)
    assert json.loads(source) == {key: place, "sha256": "d" * 64}
    assert (schema, profile) == (None, None)


def test_a_table_too_wide_to_show_has_no_schema() -> None:
    wide = Data("churn", "", "x", columns=tuple((f"column_{at}", "float") for at in range(2000)))
    *_, schema, _ = wide.dataset
    assert schema is None
