"""Which baseline a rule means where rows lie in time: the best of the one it names and those that know the past."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlops.ml.evaluation.judging.rule import Against, Rule
from mlops.ml.evaluation.predictions import IN_TIME

if TYPE_CHECKING:
    from mlops.ml.evaluation.predictions import Predictions

_BASELINES = ("dummy", "simple")


def against_the_better(predictions: Predictions, rule: Rule) -> Rule:
    """Hold a rule over a baseline to persistence, or another method in time, where that is the best on all rows.

    To choose on the rows that judge can only raise what is asked. What a rule over the dummy asks for, more than
    nothing, is asked beside the others too.
    """
    others = [name for name in IN_TIME if name in predictions.scores]
    if rule.against not in _BASELINES or not others:
        return rule
    try:
        values = {model: _value(predictions, rule.metric, model) for model in (rule.against, *others)}
    except KeyError:  # no metric of this task, which whoever judges says
        return rule
    best = _best(values, higher=rule.at_least is not None)
    if best == rule.against:
        return rule
    dummy = rule.against == "dummy"
    least = max(rule.at_least, 0.0) if dummy and rule.at_least is not None else rule.at_least
    most = min(rule.at_most, 0.0) if dummy and rule.at_most is not None else rule.at_most
    return replace(rule, against=best, at_least=least, at_most=most, strict=rule.is_strict)


def _best(values: dict[Against, float], *, higher: bool) -> Against:
    """Name the best model, the first of equals; one whose value is unknown is no better than any."""
    known = {model: value if higher else -value for model, value in values.items() if not np.isnan(value)}
    return max(known, key=known.__getitem__) if known else next(iter(values))


def _value(predictions: Predictions, metric: str, model: str) -> float:
    return float(predictions.statistic(metric, model)(np.ones((1, len(predictions))))[0])
