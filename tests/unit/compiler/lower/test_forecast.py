from __future__ import annotations

from pathlib import Path

from mlops.backends.dvc import render
from mlops.operations.workspace import open_workspace
from mlops.plan.pipeline import PipelinePlan
from mlops.stages import evaluate, features, split, train
from tests.builders.series import daily, project


def planned(root: Path, forecast: str = "{horizon: 7, season: 7}") -> PipelinePlan:
    folder = project(root, daily([1.0]), forecast)
    (plan,) = open_workspace(folder.parent.parent).plan.pipelines
    return plan


def test_a_forecast_is_learnt_as_a_regression_on_the_past(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert plan.task == "forecasting"
    for name in ("validate", "split", "features", "train", "evaluate", "gate"):
        assert plan.stage(name).section["task"] == "regression"
    for name in ("validate", "split", "train", "evaluate"):
        assert plan.stage(name).section["forecast"] == {
            "date": "date", "horizon": 7, "every": "day", "season": 7,
            "series": None, "lags": [], "windows": [], "known": [],
        }  # fmt: skip
    assert plan.stage("validate").section["keys"] == []  # the date is learnt from


def test_every_stage_understands_its_section(tmp_path: Path) -> None:
    plan = planned(tmp_path, "{horizon: 7, season: 7, series: shop, lags: [7], windows: [7], known: [holiday]}")
    for name, stage in (("split", split), ("train", train), ("evaluate", evaluate)):
        read = stage.Params.model_validate(plan.stage(name).section).forecast
        assert read is not None
        assert (read.date, read.horizon, read.season, read.series) == ("date", 7, 7, "shop")
        assert (read.lags, read.windows, read.known) == ((7,), (7,), ("holiday",))
    assert features.Params.model_validate(plan.stage("features").section).task == "regression"


def test_no_backtest_asks_for_no_rows_and_no_section(tmp_path: Path) -> None:
    stage = planned(tmp_path, "{horizon: 7, backtest: 0}").stage("train")
    assert "artifacts/split" not in stage.inputs
    assert not {"forecast", "backtest", "target"} & set(stage.section)


def test_two_lines_are_drawn_over_time(tmp_path: Path) -> None:
    planned(tmp_path)
    text = render(open_workspace(tmp_path).plan)["pipelines/demand/dvc.yaml"]
    drawn = text[text.index("- reports/plots/dvc/forecast.csv:") :]
    assert drawn.startswith("- reports/plots/dvc/forecast.csv:\n    x: year\n    'y':\n    - actual\n    - forecast\n")
