"""The stages of a forecast up to what a model learns from; whole runs are in `tests/e2e/test_forecast.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.errors import DataError
from mlops.operations.processes.stage import run_stage
from tests.builders.series import compiled, daily, project, run, weekly_pattern

pytestmark = pytest.mark.slow

FORECAST = "{horizon: 3, season: 7, windows: [7]}"
DAYS = 200
UP_TO_FEATURES = ("ingest", "validate", "split", "features")


def parts(folder: Path) -> dict[str, pl.DataFrame]:
    return {
        part: pl.read_parquet(folder / f"artifacts/split/{part}.parquet") for part in ("train", "validation", "test")
    }


def learnt(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "artifacts/features").iterdir())}


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_rows_know_their_past_and_parts_lie_a_horizon_apart(tmp_path: Path) -> None:
    folder = run(compiled(project(tmp_path, daily(weekly_pattern(DAYS)), FORECAST)), *UP_TO_FEATURES)
    roles = {column["name"]: column["role"] for column in read(folder / "artifacts/schema.json")["columns"]}
    lags = [f"demand_lag_{lag}" for lag in (3, 4, 5, 7, 10)]
    assert roles == {
        "date": "feature",
        "demand": "target",
        **dict.fromkeys([*lags, "demand_mean_7", "demand_std_7"], "feature"),
    }
    divided = parts(folder)
    edges = [divided["train"]["date"].max(), divided["validation"]["date"].min(), divided["validation"]["date"].max()]
    assert (edges[1] - edges[0]).days == 3
    assert (divided["test"]["date"].min() - edges[2]).days == 3
    report = read(folder / "reports/split.json")
    assert report["embargo"] == {"periods": 2, "rows": 4}
    assert sum(part["rows"] for part in report["parts"].values()) == DAYS - 10 - 4
    (told,) = [check for check in read(folder / "reports/data.json")["checks"] if check["name"] == "forecast"]
    assert (told["passed"], told["message"]) == (True, "10 of 200 rows have too little past, and are left out")


def test_a_planted_column_of_the_future_changes_nothing(tmp_path: Path) -> None:
    values = weekly_pattern(DAYS)
    planted = daily(values, tomorrow=[*values[3:], 0, 0, 0], twin=values)
    made = [
        run(compiled(project(tmp_path / name, table, FORECAST)), *UP_TO_FEATURES)
        for name, table in (("honest", daily(values)), ("planted", planted))
    ]
    assert learnt(made[0]) == learnt(made[1])
    assert parts(made[0])["test"].equals(parts(made[1])["test"])


def test_a_column_of_the_future_that_is_called_known_is_found(tmp_path: Path) -> None:
    values = weekly_pattern(DAYS)
    table = daily(values, plan=[value + 0.01 * (index % 3) for index, value in enumerate(values)])
    folder = compiled(project(tmp_path, table, "{horizon: 3, known: [plan]}"))
    with pytest.raises(DataError, match="`plan`"):
        run(folder, "ingest", "validate")


def test_what_is_known_ahead_is_taken_at_the_target_date_and_series_are_kept_apart(tmp_path: Path) -> None:
    values = weekly_pattern(DAYS)
    holiday = [index % 10 == 0 for index in range(DAYS)]
    rows = daily(values, holiday=[str(day).lower() for day in holiday], shop=["north"] * DAYS).splitlines()
    south = daily([3 * value for value in values], holiday=["false"] * DAYS, shop=["south"] * DAYS).splitlines()
    forecast = "{horizon: 2, season: 7, series: shop, known: [holiday]}"
    folder = run(compiled(project(tmp_path, "\n".join([*rows, *south[1:]]) + "\n", forecast)), *UP_TO_FEATURES)
    test = parts(folder)["test"]
    index = (test["date"] - pl.Series([test["date"].min()])).dt.total_days() + DAYS - test.height // 2
    for row, place in zip(test.iter_rows(named=True), index, strict=True):
        factor = 1 if row["shop"] == "north" else 3
        assert row["holiday"] == (holiday[place] and row["shop"] == "north")
        assert row["demand_lag_2"] == pytest.approx(factor * values[place - 2], abs=1e-3)
    assert {"shop=north", "holiday"} <= set(read(folder / "artifacts/features/transform.json")["features"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace("2020-01-02,", "2020-01-01,", 1),
            "are in a day that another row of the series is in",
        ),
        (lambda text: text.replace("2020-01-01,", "1020-01-01,", 1), "so that most of the past would be missing"),
    ],
)
def test_dates_that_cannot_be_put_in_order_are_refused(tmp_path: Path, change: Any, said: str) -> None:
    folder = compiled(project(tmp_path, change(daily(weekly_pattern(60))), FORECAST))
    run_stage(folder, "ingest")
    with pytest.raises(DataError, match=said):
        run_stage(folder, "validate")


def test_stages_are_told_of_the_past_and_others_are_not(tmp_path: Path) -> None:
    from mlops.files.plain_yaml import parse

    folder = compiled(project(tmp_path, daily(weekly_pattern(60)), FORECAST))
    sections = parse((folder / "params.yaml").read_bytes(), "params.yaml")
    told = [name for name, section in sections.items() if isinstance(section, dict) and "forecast" in section]
    assert sorted(told) == ["evaluate", "split", "train", "validate"]
    assert sections["evaluate"]["metrics"] == ["mae", "mase", "rmse", "smape", "wape"]
    assert {sections[name]["task"] for name in ("validate", "split", "features", "train", "evaluate", "gate")} == {
        "regression"
    }
    assert {rule["metric"] for rule in sections["gate"]["rules"]} == {"mase"}
