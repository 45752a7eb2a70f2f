from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from mlops.cli.main import cli
from mlops.documents.change_report import Drift
from mlops.documents.data import DataReport
from mlops.errors import ConfigurationError
from mlops.ml.data.profile import profile
from mlops.operations.planning.data_change import compare_reports
from mlops.operations.planning.data_diff import diff
from tests.builders.repositories import commit, make_repository


def report(source: str, mean: float, cities: list[str]) -> DataReport:
    draw = np.random.default_rng(1)
    age = pl.Series("age", draw.normal(mean, 10, 1000))
    city = pl.Series("city", [cities[row % len(cities)] for row in range(1000)])
    common = {"nulls": 0, "distinct": 9, "min": None, "max": None, "mean": None, "std": None}
    columns = [
        {"name": "age", "type": "float", **common, "profile": profile(age, "float")},
        {"name": "city", "type": "category", **common, "profile": profile(city, "category")},
        {"name": "old", "type": "category", **common},
    ]
    found = {"source": source, "rows": 1000, "columns": columns, "checks": [], "target": None}
    return DataReport.model_validate(found)


CITIES = ["Bonn", "Oslo", "Rome"]


def test_columns_whose_values_moved_are_told_most_first() -> None:
    change = compare_reports(report("a", 40, CITIES), report("b", 50, ["Bonn", "Bonn", "Oslo"]))
    assert change is not None
    assert [drift.column for drift in change.drift] == ["city", "age"]
    assert change.drift[1].psi == pytest.approx(1.0, abs=0.15)
    assert change.drift[0].ks is None


def test_a_new_sample_of_the_same_is_no_drift() -> None:
    change = compare_reports(report("a", 40, CITIES), report("b", 40.5, CITIES))
    assert change is not None
    assert change.drift == ()


def test_a_few_rows_say_nothing() -> None:
    before, after = report("a", 40, CITIES), report("b", 60, CITIES).model_copy(update={"rows": 499})
    change = compare_reports(before, after)
    assert change is not None
    assert change.drift == ()


def test_a_file_and_a_pipeline_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path)
    place = root / "pipelines/churn/reports/data.json"
    place.parent.mkdir(parents=True)
    place.write_text(report("a", 40, CITIES).dumps())
    commit(root)
    monkeypatch.chdir(root)
    assert CliRunner().invoke(cli, ["data", "diff", "churn"]).stdout == "the same data\n"
    place.write_text(report("b", 60, CITIES).dumps())
    shown = CliRunner().invoke(cli, ["data", "diff", "churn"]).stdout.splitlines()
    assert shown[0] == "rows 1,000 → 1,000 (+0)"
    assert shown[1].startswith("spread moved, by PSI: age ")
    as_json = json.loads(CliRunner().invoke(cli, ["data", "diff", "churn", str(place), "-o", "json"]).stdout)
    assert Drift(**as_json["drift"][0]).column == "age"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nowhere", "pipelines/nowhere/reports/data.json at "),
        ("../x.json", "../x.json is not a data report"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, what: str, message: str) -> None:
    root = make_repository(tmp_path)
    commit(root)
    with pytest.raises(ConfigurationError) as caught:
        diff(root, what, what, "HEAD")
    assert caught.value.message.startswith(message)
