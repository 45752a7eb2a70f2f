"""A forecast as its stages know it: a regression on what was known at the origin."""

from __future__ import annotations

from mlops.blocks.forecast import Horizon, Lookback
from mlops.configuration.pipeline import Pipeline
from mlops.stages.declare.declaration import Parameter


def task_of(spec: Pipeline) -> str:
    """Name what is learnt: a forecast at a fixed distance is a number learnt from the past, directly."""
    return "regression" if spec.task == "forecasting" else spec.task


def lookback(spec: Pipeline) -> Lookback | None:
    """Say what a forecast sees, for the sections of the stages that handle time; nothing for other tasks."""
    if spec.forecast is None or spec.data.split.key is None:
        return None
    seen = {name: getattr(spec.forecast, name) for name in Horizon.model_fields}
    return Lookback(date=spec.data.split.key, **seen)


def backtested(spec: Pipeline) -> int:
    """Count the origins to go back to."""
    return 0 if spec.forecast is None else spec.forecast.backtest


LOOKBACK = Parameter(
    "forecast", "forecast data.split.key", lookback, optional=True, but="forecast.backtest forecast.sliding"
)
