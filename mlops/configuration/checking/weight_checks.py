"""A column that weighs rows has no other part to play, and rows of a forecast are not a sample to be weighed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mlops.configuration.checking.gate_checks import rules
from mlops.configuration.checking.problem import Problem
from mlops.configuration.data import excluded
from mlops.configuration.pipeline import Pipeline

_RULE, _PATH = "weight", ("data", "weight")


def weight_is_apart(pipeline: Pipeline) -> Iterator[Problem]:
    """What a row counts is neither learnt, nor learnt from, nor its name, nor what it is divided by."""
    data, weight = pipeline.data, pipeline.data.weight
    if weight is None:
        return
    roles: dict[str, Sequence[str | None]] = {
        "the target": [data.target],
        "the entity": [data.entity],
        "one of `keys`": data.keys,
        "left out by `exclude`": excluded(data),
        "learnt from by `include`": data.include or (),
        "what the split goes by": [data.split.key],
        "dropped by `features.drop`": pipeline.features.drop,
    }
    for role, names in roles.items():
        if weight in names:
            message = f"`{weight}` weighs rows, and is {role}"
            yield Problem(_PATH, message, "name another column, or remove it there", _RULE)


def weight_fits_task(pipeline: Pipeline) -> Iterator[Problem]:
    """Rows of a series are its periods, all of them, not a sample of a population."""
    if pipeline.data.weight is not None and pipeline.task == "forecasting":
        message = "the rows of a forecast are the periods of its series, and all count alike"
        yield Problem(_PATH, message, "remove `weight`", _RULE)


def tests_allow_weights(pipeline: Pipeline) -> Iterator[Problem]:
    """McNemar's test counts rows."""
    if pipeline.data.weight is None:
        return
    for path, rule in rules(pipeline):
        if rule.test == "mcnemar":
            message = "McNemar's test takes all rows to count alike, and `data.weight` weighs them"
            yield Problem((*path, "test"), message, "remove `test: mcnemar`; resampling knows weights", _RULE)


WEIGHT_CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    weight_is_apart,
    weight_fits_task,
    tests_allow_weights,
)
