"""What folds need of the other blocks: rows that may stand in any order, and nothing learnt that sees all targets."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.gate_checks import rules
from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline

_RULE = "split"


def folds_are_possible(pipeline: Pipeline) -> Iterator[Problem]:
    """Rows are dealt into folds whatever their time, and share one transform that has seen no target."""
    split = pipeline.data.split
    if split.folds is None:
        return
    if pipeline.task == "forecasting":
        message = "a forecast has no folds: a member would learn from the future of the rows that it is judged on"
        yield Problem(("data", "split", "folds"), message, "remove `folds`; `forecast: {backtest: 5}` goes back", _RULE)
    elif split.by in ("time", "column"):
        message = "folds of rows in time order would learn from the future"
        if split.by == "column":
            message = "a column that names the parts leaves no choice of folds"
        hint = "remove `folds`, or write `by: random`, `stratified` or `group`"
        yield Problem(("data", "split", "folds"), message, hint, _RULE)
    yield from _single(pipeline)
    for path, rule in rules(pipeline):
        if rule.test == "mcnemar":
            message = "McNemar's test takes two models, and folds have several"
            yield Problem((*path, "test"), message, "remove `test`: resamples know of folds", _RULE)


def _single(pipeline: Pipeline) -> Iterator[Problem]:
    """What needs one division of the rows, or one model, where folds have several."""
    if "fractions" in pipeline.data.split.model_fields_set:
        message = "folds are of equal size, and every row is in one of them"
        yield Problem(("data", "split", "fractions"), message, "remove `fractions`, or `folds`", _RULE)
    if pipeline.features.select is not None:
        message = "features would be selected by all rows, those of the fold that is judged among them"
        hint = "remove `select`, or split by `fractions`"
        yield Problem(("features", "select"), message, hint, _RULE)
    if pipeline.refit:
        message = "members of folds are judged on the rows that they have not seen: none is left to learn from"
        yield Problem(("refit",), message, "remove `refit`, or split by `fractions`", _RULE)
    if pipeline.objective.calibrate is not None:
        message = "a calibrator is fitted on the scores of one model, and folds have several"
        yield Problem(("objective", "calibrate"), message, "remove `calibrate`, or split by `fractions`", _RULE)
    explain = pipeline.evaluate.explain
    if explain is not None and explain.attributions:
        message = "shares are of one model's score, and what folds serve is the mean of several"
        hint = "remove `attributions`; `permutation` explains any model"
        yield Problem(("evaluate", "explain", "attributions"), message, hint, _RULE)
