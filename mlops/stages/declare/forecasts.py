"""A forecast as its stages know it: a regression on what was known at the origin."""

from __future__ import annotations

from typing import Any

from mlops.configuration.data import dump
from mlops.configuration.pipeline import Pipeline
from mlops.stages.declare.declaration import Parameter


def task_of(spec: Pipeline) -> str:
    """Name what is learnt: a forecast at a fixed distance is a number learnt from the past, directly."""
    return "regression" if spec.task == "forecasting" else spec.task


def lookback(spec: Pipeline) -> dict[str, Any]:
    """Spell what a forecast sees, for the sections of the stages that handle time; nothing for other tasks."""
    if spec.forecast is None:
        return {}
    seen = {key: value for key, value in dump(spec.forecast).items() if key != "backtest"}
    return {"date": spec.data.split.key, **seen}


def backtested(spec: Pipeline) -> int:
    """Count the origins to go back to."""
    return 0 if spec.forecast is None else spec.forecast.backtest


LOOKBACK = Parameter("forecast", "forecast data.split.key", lookback, optional=True, but="forecast.backtest")
