"""Which baseline a rule means where rows are divided by time: the better of the one it names and persistence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import PERSISTENCE

if TYPE_CHECKING:
    from mlops.ml.evaluation.predictions import Predictions

_BASELINES = ("dummy", "simple")


def against_the_better(predictions: Predictions, rule: Rule) -> Rule:
    """Hold a rule over a baseline to persistence, where that is the better of the two on all rows.

    To choose on the rows that judge can only raise what is asked. What a rule over the dummy asks for, more than
    nothing, is asked beside persistence too.
    """
    if rule.against not in _BASELINES or PERSISTENCE not in predictions.scores:
        return rule
    higher = rule.at_least is not None
    try:
        named, other = (_value(predictions, rule.metric, model) for model in (rule.against, PERSISTENCE))
    except KeyError:  # no metric of this task, which whoever judges says
        return rule
    if np.isnan(other) or (not np.isnan(named) and (other <= named if higher else other >= named)):
        return rule
    dummy = rule.against == "dummy"
    least = max(rule.at_least, 0.0) if dummy and rule.at_least is not None else rule.at_least
    most = min(rule.at_most, 0.0) if dummy and rule.at_most is not None else rule.at_most
    return replace(rule, against="persistence", at_least=least, at_most=most, strict=rule.is_strict)


def _value(predictions: Predictions, metric: str, model: str) -> float:
    return float(predictions.statistic(metric, model)(np.ones((1, len(predictions))))[0])
