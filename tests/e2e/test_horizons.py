"""A forecast of several horizons, from YAML to an answer over HTTP: figures, gates and comparators by horizon."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.serve.app import create
from tests.builders.client import Client
from tests.builders.series import compiled, daily, project, run, weekly_pattern

pytestmark = pytest.mark.slow

DAYS = 800
FORECAST = """
  horizons: [1, 7, 10]
  season: 7
  lags: 1..8
  observed: [heat]
  backtest: 2"""
GATES = """
gates: [{metric: mase, by: demand_horizon, over_simple: {better_by: 0.0}}]
trainer: {max_epochs: 1}
"""


def heat() -> list[float]:
    """Temperatures that go back to the usual one within days, which nobody knows ahead."""
    random, found = np.random.default_rng(0), [20.0]
    for _ in range(DAYS - 1):
        found.append(round(20 + 0.7 * (found[-1] - 20) + 5 * random.standard_normal(), 3))
    return found


HEAT = heat()
VALUES = [round(value / 3 + 2 * each, 4) for value, each in zip(weekly_pattern(DAYS), HEAT, strict=True)]


def report(folder: Path, name: str) -> Any:
    return json.loads((folder / f"reports/{name}.json").read_bytes())


@pytest.fixture(scope="module")
def demand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demand")
    folder = project(root, daily(VALUES, heat=HEAT), FORECAST, models="linear, nlinear")
    path = root / "conf/pipeline/demand.yaml"
    path.write_text(path.read_text() + GATES)
    return run(compiled(folder))


def test_every_horizon_is_measured_by_itself_and_with_the_others(demand: Path) -> None:
    found = report(demand, "metrics")
    assert (found["forecast"]["horizon"], found["forecast"]["horizons"]) == (10, [1, 7, 10])
    by = {each["slice"]: each for each in found["slices"] if each["by"] == "demand_horizon"}
    assert list(by) == ["1", "7", "10"]
    assert sum(each["n"] for each in by.values()) == found["rows"]
    assert {"candidate", "dummy", "simple"} == set(found["models"])


def test_a_gate_holds_at_every_horizon(demand: Path) -> None:
    rules = {rule["slice"]: rule for rule in report(demand, "gate")["rules"] if rule.get("by") == "demand_horizon"}
    assert set(rules) == {"1", "7", "10"}
    assert {rule["verdict"] for rule in rules.values()} == {"pass"}
    assert report(demand, "gate")["verdict"] == "pass"


def test_plots_have_a_point_a_horizon_and_the_naive_forecasts_are_those_of_the_books(demand: Path) -> None:
    plot = pl.read_csv(demand / "reports/plots/dvc/horizons.csv")
    assert plot["horizon"].to_list() == [1, 7, 10]
    course = pl.read_csv(demand / "reports/plots/dvc/forecast.csv", try_parse_dates=True)
    first = DAYS - course.height
    assert course["actual"].to_list() == pytest.approx(VALUES[first:], rel=1e-4)
    assert course["naive"].to_list() == pytest.approx(VALUES[first - 10 : -10], rel=1e-4)
    assert course["seasonal_naive"].to_list() == pytest.approx(VALUES[first - 14 : -14], rel=1e-4)
    tests = pl.read_parquet(demand / "artifacts/split/test.parquet").filter(pl.col("demand_horizon") == 7)
    off = (tests["demand"] - tests["demand_back_1"]).abs().mean()
    assert plot["naive"][1] == pytest.approx(off, rel=1e-4)


def test_candidates_of_both_sorts_learn_and_origins_are_gone_back_to(demand: Path) -> None:
    training = report(demand, "training")
    assert set(training["candidates"]) == {"linear", "nlinear"}
    assert training["chosen"] == "linear"
    assert len(training["backtest"]) == 2
    assert all(each["candidate"]["mae"] < each["dummy"]["mae"] for each in training["backtest"].values())


def test_parts_lie_the_furthest_horizon_apart(demand: Path) -> None:
    train, test = (pl.read_parquet(demand / f"artifacts/split/{part}.parquet") for part in ("train", "test"))
    validation = pl.read_parquet(demand / "artifacts/split/validation.parquet")
    assert (validation["date"].min() - train["date"].max()).days == 10
    assert (test["date"].min() - validation["date"].max()).days == 10


def test_one_request_is_answered_for_every_horizon(demand: Path) -> None:
    client = Client(create(demand / "artifacts/bundle"))
    past = {f"demand_back_{lag}": VALUES[-lag] for lag in range(1, 9)}
    past |= {f"heat_seen_{lag}": HEAT[-lag] for lag in range(1, 9)}
    rows = [
        {
            "date": (date(2020, 1, 1) + timedelta(days=DAYS - 1 + ahead)).isoformat(),
            "demand_horizon": ahead,
            "demand_season": VALUES[-7 + (ahead - 1) % 7],
            **past,
        }
        for ahead in (1, 7, 10)
    ]
    answer = client.post("/invocations", json={"dataframe_records": rows})
    assert answer.status_code == 200, answer.text
    for said, ahead in zip(answer.json()["predictions"], (1, 7, 10), strict=True):
        same_weekday = VALUES[(DAYS - 1 + ahead) % 7 :: 7]
        assert said == pytest.approx(np.mean(same_weekday), abs=2 * np.std(same_weekday))
    del rows[1]["demand_horizon"]
    refused = client.post("/invocations", json={"dataframe_records": rows})
    assert refused.status_code == 400
    assert "demand_horizon" in refused.text
