from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.errors import DataError
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.predictions import Predictions
from tests.builders.series import PASSENGERS

MASE = Rule("mase:dummy", "mase", "dummy", at_most=0.0)


def forecasts(scale: float | None = 1057 / 33) -> Predictions:
    y = np.array(PASSENGERS, dtype=np.float64)
    now, naive, seasonal = y[12:], y[11:-1], y[:-12]
    return Predictions(
        "regression",
        np.arange(len(now)),
        now,
        {"candidate": seasonal, "dummy": naive, "simple": seasonal},
        {},
        groups=np.arange(len(now)) // 6,
        scale=None if scale is None else np.full(len(now), scale),
    )


def value(predictions: Predictions, model: str) -> float:
    return float(predictions.statistic("mase", model)(np.ones((1, len(predictions))))[0])


def test_the_scaled_error_of_the_seasonal_naive_is_one_where_the_scale_was_taken() -> None:
    assert value(forecasts(), "simple") == pytest.approx(1)
    y = np.array(PASSENGERS)
    assert value(forecasts(), "dummy") == pytest.approx(np.abs(np.diff(y[11:])).mean() / (1057 / 33))


def test_every_row_has_the_scale_of_its_own_series() -> None:
    seen = forecasts()
    scale = np.where(np.arange(len(seen)) % 2, 10.0, 1000.0)
    expected = (np.abs(seen.target - seen.scores["dummy"]) / scale).mean()
    assert value(replace(seen, scale=scale), "dummy") == pytest.approx(expected)


def test_an_unknown_scale_is_never_a_pass() -> None:
    seen = forecasts()
    scale = np.where(np.arange(len(seen)) == 5, np.nan, 1.0)
    assert math.isnan(value(replace(seen, scale=scale), "candidate"))
    for lost in (replace(seen, scale=scale), forecasts(None)):
        (result,) = judge(gather(lost, [MASE], Bootstrap(samples=200), grouped=True), Bootstrap(samples=200), 30)
        assert result.verdict == "fail"
    assert "mase is not a metric of regression models" in result.sentence


def test_the_scale_travels_with_the_predictions_and_is_missed_when_it_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    forecasts().write(path)
    assert value(Predictions.read(path), "simple") == pytest.approx(1)
    facts = pl.read_parquet_metadata(path)["mlops"]
    pl.read_parquet(path).drop("scale").write_parquet(path, metadata={"mlops": facts})
    with pytest.raises(DataError, match="it lost scale"):
        Predictions.read(path)


def test_predictions_that_are_no_forecasts_have_no_scale(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    forecasts(None).write(path)
    assert "scale" not in pl.read_parquet_schema(path)
    assert Predictions.read(path).scale is None


def test_shares_of_a_forecast_are_as_defined() -> None:
    y, score = np.array([100.0, 200, 0]), np.array([110.0, 150, 0])
    assert compute("wape", y, score) == pytest.approx(60 / 300)
    assert compute("smape", y, score) == pytest.approx((20 / 210 + 100 / 350 + 0) / 3)
    assert compute("pinball_90", y, score) == pytest.approx((0.1 * 10 + 0.9 * 50) / 3)


def test_a_large_series_does_not_hide_what_a_small_one_loses() -> None:
    count, random = 400, np.random.default_rng(3)
    size = np.where(np.arange(count) % 2, 100.0, 1.0)
    noise = random.standard_normal(count)
    gain = np.where(size > 1, 0.7, 3.0)  # of the naive error
    seen = Predictions(
        "regression",
        np.arange(count),
        np.zeros(count),
        {"candidate": gain * size * noise, "dummy": size * noise},
        {},
        groups=np.arange(count) // 10,
        scale=size,
    )
    rules = [Rule(f"{metric}:dummy", metric, "dummy", at_most=0.0) for metric in ("mae", "mase")]
    verdicts = [
        result.verdict
        for result in judge(gather(seen, rules, Bootstrap(samples=400), grouped=True), Bootstrap(samples=400), 30)
    ]
    assert verdicts == ["pass", "fail"]
