"""Forecasts from YAML to an answer over HTTP: a classic series, a pattern that can be learnt, and one that cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.errors import GateFailed, Inconclusive
from mlops.serve.app import create
from tests.builders.client import Client
from tests.builders.series import (
    PASSENGERS,
    STAGES,
    compiled,
    daily,
    passengers,
    project,
    random_walk,
    run,
    weekly_pattern,
)

pytestmark = pytest.mark.slow
MONTHS = "{horizon: 3, every: month, season: 12}"
BESIDE = "{horizon: 3, every: month, season: 12, comparators: [ets, theta]}"


def report(folder: Path, name: str) -> Any:
    return json.loads((folder / f"reports/{name}.json").read_bytes())


def errors(folder: Path, metric: str) -> dict[str, float]:
    return {model: table[metric]["value"] for model, table in report(folder, "metrics")["models"].items()}


@pytest.fixture(scope="module")
def air(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("air")
    return run(compiled(project(folder, passengers(), MONTHS, "passengers", "linear, gradient_boosting")))


def test_a_model_is_held_to_the_best_classical_method(tmp_path: Path) -> None:
    """The airline passengers are smoothed better than a line through lags foretells them: the gate says so."""
    folder = compiled(project(tmp_path, passengers(), BESIDE, "passengers", "linear"))
    run(folder, *STAGES[:-1])
    with pytest.raises(GateFailed):
        run(folder, "package")
    found = errors(folder, "mase")
    assert found["ets"] < found["simple"] / 1.5
    assert found["theta"] < found["simple"]
    against = {rule["against"] for rule in report(folder, "gate")["rules"]}
    assert against == {min(("ets", "theta"), key=found.__getitem__)}


def test_airline_passengers_are_forecast_better_than_by_the_year_before(air: Path) -> None:
    found = errors(air, "mase")
    assert found["candidate"] < 0.75
    assert 1 < found["simple"] < found["dummy"]
    verdicts = {rule["against"]: rule["verdict"] for rule in report(air, "gate")["rules"]}
    assert verdicts == {"dummy": "pass", "simple": "pass"}
    assert report(air, "gate")["method"].startswith(
        "95% intervals: percentile bootstrap, 2,000 resamples of whole groups of consecutive date"
    )
    assert report(air, "metrics")["forecast"] == {
        "horizon": 3,
        "every": "month",
        "season": 12,
        "series": 1,
        "first": "1957-10-01",
        "last": "1960-12-01",
        "block": {"periods": 4, "count": 10},
    }


def test_the_naive_forecasts_are_those_of_the_books(air: Path) -> None:
    course = pl.read_csv(air / "reports/plots/dvc/forecast.csv", try_parse_dates=True)
    first = len(PASSENGERS) - course.height
    assert course["actual"].to_list() == list(PASSENGERS[first:])
    assert course["year"][:2].to_list() == pytest.approx([1957 + 273 / 365, 1957 + 304 / 365])
    assert course["naive"].to_list() == list(PASSENGERS[first - 3 : -3])
    assert course["seasonal_naive"].to_list() == list(PASSENGERS[first - 12 : -12])
    assert (course["actual"] - course["forecast"]).abs().mean() == pytest.approx(
        errors(air, "mae")["candidate"], rel=1e-4
    )


def test_earlier_origins_are_told_and_lie_before_the_test_part(air: Path) -> None:
    told = report(air, "training")["backtest"]
    assert len(told) == 5
    assert max(told) < report(air, "metrics")["forecast"]["first"]
    assert all({"known", "rows", "candidate", "dummy", "simple"} == set(each) for each in told.values())


def test_the_months_after_the_last_one_are_forecast_over_http(air: Path) -> None:
    client = Client(create(air / "artifacts/bundle"))
    rows = [
        {
            "date": f"1961-{month:02d}-01",
            **{f"passengers_lag_{lag}": PASSENGERS[month - 1 - lag] for lag in (3, 4, 5, 12, 15)},
        }
        for month in (1, 2, 3)
    ]
    forecast = client.post("/invocations", json={"dataframe_records": rows}).json()["predictions"]
    for said, year_before in zip(forecast, PASSENGERS[-12:-9], strict=True):
        assert 1.02 < said / year_before < 1.25  # 1960 was 11 % above 1959
    del rows[0]["passengers_lag_12"]
    refused = client.post("/invocations", json={"dataframe_records": rows})
    assert refused.status_code == 400
    assert "passengers_lag_12" in refused.text


def test_boosted_trees_beat_the_week_before_where_there_is_a_pattern(tmp_path: Path) -> None:
    forecast = "{horizon: 7, season: 7, lags: [14, 21, 28], windows: [28], backtest: 0}"
    folder = compiled(project(tmp_path, daily(weekly_pattern(1_000)), forecast, models="gradient_boosting"))
    run(folder)
    assert {rule["verdict"] for rule in report(folder, "gate")["rules"]} == {"pass"}
    found = errors(folder, "mae")
    assert found["candidate"] < 0.85 * found["simple"]


@pytest.mark.parametrize(("seed", "horizon"), [(0, 1), (1, 1), (2, 7), (3, 7)])
def test_nothing_passes_on_a_random_walk(tmp_path: Path, seed: int, horizon: int) -> None:
    forecast = f"{{horizon: {horizon}, backtest: 0}}"
    folder = compiled(project(tmp_path, daily(random_walk(400, seed)), forecast, models="linear"))
    run(folder, *STAGES[:-1])
    verdicts = [rule["verdict"] for rule in report(folder, "gate")["rules"] if rule["against"] == "dummy"]
    assert verdicts != []
    assert "pass" not in verdicts
    with pytest.raises((GateFailed, Inconclusive)):
        run(folder, "package")
