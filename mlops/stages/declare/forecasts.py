"""A forecast as its stages know it: a regression on what was known at the origin."""

from __future__ import annotations

from mlops.blocks.backtest import Origins
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


def by_distance(spec: Pipeline) -> list[str]:
    """Name the column by which rows of several horizons are measured apart; nothing where there is one."""
    asked = spec.forecast
    return [] if asked is None or not asked.horizons else [asked.ahead(spec.data.target)]


def backtested(spec: Pipeline) -> int:
    """Count the origins to go back to."""
    return 0 if spec.forecast is None else spec.forecast.backtest


def comparators(spec: Pipeline) -> list[str]:
    """Name the methods that a forecast is measured beside."""
    return [] if spec.forecast is None else list(spec.forecast.comparators)


def origins(spec: Pipeline) -> Origins | None:
    """Say how rows in time are gone back through; nothing of a forecast, which has its own."""
    asked, split = spec.evaluate.backtest, spec.data.split
    if asked is None or split.key is None or spec.forecast is not None:
        return None
    return Origins(key=split.key, gap=split.gap, thing=spec.data.entity, **asked.model_dump())


LOOKBACK = Parameter(
    "forecast",
    "forecast data.split.key",
    lookback,
    optional=True,
    but="forecast.backtest forecast.sliding forecast.comparators",
)
