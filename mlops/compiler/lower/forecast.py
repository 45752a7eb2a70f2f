"""A forecast as its stages know it: a regression on what was known at the origin."""

from __future__ import annotations

from typing import Any

from mlops.configuration.data import dump
from mlops.configuration.pipeline import Pipeline


def task_of(spec: Pipeline) -> str:
    """Name what is learnt: a forecast at a fixed distance is a number learnt from the past, directly."""
    return "regression" if spec.task == "forecasting" else spec.task


def lookback(spec: Pipeline) -> dict[str, Any]:
    """Spell what a forecast sees, for the sections of the stages that handle time; nothing for other tasks."""
    if spec.forecast is None:
        return {}
    seen = {key: value for key, value in dump(spec.forecast).items() if key != "backtest"}
    return {"forecast": {"date": spec.data.split.key, **seen}}
