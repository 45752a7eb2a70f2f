"""A backtest goes back in time: what orders rows, and which block of the YAML it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.checking.split_checks import split_key
from mlops.configuration.pipeline import Pipeline

_RULE = "backtest"


def backtest_has_an_order(pipeline: Pipeline) -> Iterator[Problem]:
    """Rows stand in time order, in one series of train and validation; a forecast goes back by its own key."""
    if pipeline.evaluate.backtest is None:
        return
    split, path = pipeline.data.split, ("evaluate", "backtest")
    if pipeline.forecast is not None:
        hint = "remove it, and write `forecast: {backtest: 5, sliding: 365}`"
        yield Problem(path, "a forecast goes back by periods, under its own key", hint, _RULE)
    elif split.by != "time":
        message = f"a split by {split.by} has no order in which to go back"
        written = f"split: {{by: time, key: {split_key(pipeline.data, 'time')}}}"
        yield Problem(path, message, f"write `{written}`, or remove it", _RULE)
