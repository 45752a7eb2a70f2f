"""What the predictions say about each rule: values and intervals, before anybody judges them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.gate_rules import FAIRNESS
from mlops.metrics import METRICS
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import UNKNOWN, Interval, draw
from mlops.ml.evaluation.intervals.paired import Pairs
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.judging.better_baseline import against_the_better
from mlops.ml.evaluation.judging.fairness import Labelled, treatment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from mlops.blocks.bootstrap import Bootstrap
    from mlops.metrics.weighting import Floats, Statistic
    from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.judging.rule import Rule

_ROUNDING = 1e-9  # of how far apart rows can be: a narrower interval has no width


@dataclass(frozen=True)
class Evidence:
    """What is known about one rule on one slice; `problem` says why nothing is."""

    rule: Rule
    slice: str | None = None
    rows: int = 0
    clusters: int = 0
    interval: Interval = UNKNOWN
    draws: Floats = field(default_factory=lambda: np.empty(0))
    other: float | None = None
    champion: float | None = None
    problem: str = ""
    applicable: bool = True
    pairs: Pairs | None = None
    """Counts of a paired test of right and wrong answers, which then decides instead of resamples."""
    answers: Pairs | None = None
    """The same counts on a slice, where few rows differ and resamples alone are too sure of themselves."""
    caveat: str = ""
    """Why this cannot be a pass, whatever the interval."""
    rows_needed: int | None = None

    @property
    def is_share(self) -> bool:
        """Tell whether the value is something like a rate, between 0 and 1."""
        return _rate(self.rule.metric) and self.other is None


@dataclass(frozen=True)
class _Question:
    """One rule on one slice, with the statistics that answer it; keys of `statistics` are model names."""

    rule: Rule
    slice: str | None
    rows: NDArray[np.int64]
    statistics: dict[str, Statistic]
    same: bool
    """Whether the two models give the very same scores here: then their difference is known to be nothing."""
    span: float | None = None
    """How far apart the best and the worst row can be, where that is known."""
    answers: Pairs | None = None
    """Right and wrong answers on a slice, where the rule is about nothing else."""

    @property
    def compared(self) -> dict[str, Statistic]:
        """Keep the models that the rule is about; the champion may be there only to be mentioned."""
        return {model: apply for model, apply in self.statistics.items() if model in {"candidate", self.rule.against}}


def gather(
    predictions: Predictions, rules: Iterable[Rule], method: Bootstrap, minimum_rows: int = 30, *, grouped: bool
) -> list[Evidence]:
    """Measure every rule on every slice it speaks of, all on the same resamples, in the order of the rules."""
    asked = [
        item
        for rule in rules
        for item in _questions(predictions.under(rule.under), rule, method, minimum_rows, grouped=grouped)
    ]
    questions = [item for item in asked if isinstance(item, _Question)]
    keys = [{m: (q.rule.metric, m, q.rule.by, q.rule.under, q.slice) for m in q.compared} for q in questions]
    statistics = {keys[i][m]: (apply, q.rows) for i, q in enumerate(questions) for m, apply in q.compared.items()}
    resampling = Resampling.of(len(predictions), predictions.groups, method.samples, method.seed, predictions.folds)
    draws = draw(statistics, resampling)
    drawn = [{model: draws[key] for model, key in own.items()} for own in keys]
    clusters = [
        min(len(np.unique(resampling.clusters[question.rows])), predictions.size(question.rows))
        for question in questions
    ]
    sizes = [predictions.size(question.rows) for question in questions]
    answers = iter([_answer(*each, method) for each in zip(questions, drawn, sizes, clusters, strict=True)])
    return [next(answers) if isinstance(item, _Question) else item for item in asked]


def _questions(
    predictions: Predictions, rule: Rule, method: Bootstrap, minimum_rows: int, *, grouped: bool
) -> Iterator[_Question | Evidence]:
    """Prepare what can be measured; what cannot is evidence by itself."""
    if rule.against == "champion" and predictions.champion is None:
        yield Evidence(rule, rows=predictions.size(), applicable=False)
        return
    if problem := _problem(predictions, rule, grouped=grouped):
        yield Evidence(rule, rows=predictions.size(), problem=problem)
        return
    if rule.of is not None:
        yield _treatment(predictions, rule, method, minimum_rows)
        return
    rule = against_the_better(predictions, rule)
    everything: dict[str | None, NDArray[np.int64]] = {None: np.arange(len(predictions))}
    places = everything if rule.by is None else {**predictions.slice_rows(rule.by)}
    yield from (Evidence(rule, name) for name in rule.groups if rule.by is not None and name not in places)
    for name, rows in places.items():
        if rule.test == "mcnemar":
            yield _pairs(predictions, rule, name, rows, method)
            continue
        models = {"candidate", rule.against, *(["champion"] if predictions.champion else [])} & set(predictions.scores)
        statistics = {model: predictions.statistic(rule.metric, model, rows) for model in sorted(models)}
        few = name is not None and _answers(predictions, rule) and not _same(predictions, rule, everything[None])
        answers = _counted(predictions, rule, rows) if few else None
        same = _same(predictions, rule, rows)
        yield _Question(rule, name, rows, statistics, same, _span(predictions, rule), answers)


def _problem(predictions: Predictions, rule: Rule, *, grouped: bool) -> str:
    """Say why a rule cannot be measured; nothing if it can."""
    if len(predictions) == 0:
        return "there are no rows to judge on"
    if grouped and predictions.groups is None:
        return "the groups of the rows are missing, so no interval can be trusted"
    if (column := rule.by or rule.of) is not None and column not in predictions.slices:
        return f"the predictions have no slices by {column}"
    return _unknown(predictions, rule) or _untestable(predictions, rule) or _degenerate(predictions, rule)


def _unknown(predictions: Predictions, rule: Rule) -> str:
    """Say which model or metric is not there."""
    try:
        for model in ("candidate", *(() if rule.against == "value" else (rule.against,))):
            if model not in predictions.scores:
                return f"the scores of the {model} are missing"
            if rule.metric in predictions.own and model not in predictions.own[rule.metric].values:
                return predictions.own[rule.metric].problems.get(model, f"it was not measured of the {model}")
            if rule.of is None:
                predictions.statistic(rule.metric, model)
            elif predictions.task != "binary" or rule.metric not in FAIRNESS:
                raise KeyError(rule.metric)
    except KeyError:
        return f"{rule.metric} is not a metric of {predictions.task} models"
    return ""


def _untestable(predictions: Predictions, rule: Rule) -> str:
    """Say why McNemar's test does not fit."""
    if rule.test == "bootstrap":
        return ""
    if rule.metric != "accuracy" or rule.against == "value" or rule.relative:
        return "McNemar's test is for the accuracy of two models"
    if said := _otherwise(predictions):
        return f"McNemar's test takes {said}"
    if not np.isfinite(predictions.scores[rule.against]).all():
        return f"a score of the {rule.against} is not a number"
    return ""


def _otherwise(predictions: Predictions) -> str:
    """Say what McNemar's test takes rows to be, where these are otherwise."""
    if predictions.groups is not None:
        return "rows to be independent, and these belong to groups"
    if predictions.weights is not None:
        return "all rows to count alike, and these have weights"
    return "" if predictions.folds is None else "two models, and these rows were scored by those of several folds"


def _degenerate(predictions: Predictions, rule: Rule) -> str:
    score = predictions.score
    if not np.isfinite(score).all():
        bad = int((~np.isfinite(score.reshape(len(score), -1)).all(axis=1)).sum())
        return f"the candidate's score is not a number in {bad:,} of {len(score):,} rows"
    if rule.against == "dummy" and bool((score == score[:1]).all()):
        return "the candidate gives every row the same score, so it is a dummy itself"
    return ""


def _answer(question: _Question, draws: dict[str, Floats], size: int, clusters: int, method: Bootstrap) -> Evidence:
    rule, rows = question.rule, question.rows
    values = {model: float(apply(np.ones((1, len(rows))))[0]) for model, apply in question.statistics.items()}
    value, drawn = values["candidate"], draws["candidate"]
    other = values.get(rule.against)
    if other is not None:
        value, drawn = value - other, drawn - draws[rule.against]
    if other is not None and rule.relative:
        value, drawn = _share_of(value, other), _shares_of(drawn, draws[rule.against])
    possible = limits.of_metric(rule.metric)
    if other is not None:
        possible = limits.of_difference(rule.metric, relative=rule.relative)
    interval = Interval.of(value, drawn, method.confidence, possible)
    if question.span is not None and not question.same and math.isfinite(value):
        span = question.span / abs(other) if other is not None and rule.relative else question.span
        interval = _opened(interval, clusters, method, span).within(possible)
    champion, answers = values.get("champion"), question.answers
    return Evidence(rule, question.slice, size, clusters, interval, drawn, other, champion, answers=answers)


def _share_of(difference: float, other: float) -> float:
    """Express a difference as a share of the other model's value; undefined where that is zero."""
    return float(_shares_of(np.array([difference]), np.array([other]))[0])


def _shares_of(differences: Floats, others: Floats) -> Floats:
    sizes = np.abs(others)
    return np.where(sizes > 0, differences / np.where(sizes > 0, sizes, 1), np.nan)


def _treatment(predictions: Predictions, rule: Rule, method: Bootstrap, minimum_rows: int) -> Evidence:
    """Compare how groups are treated."""
    labels = predictions.slices[str(rule.of)]
    decided, group = predictions.decided("candidate"), labels.astype(object)
    data = Labelled(predictions.target, decided, group, predictions.groups, predictions.weights)
    bound = next((bound for bound in (rule.at_most, rule.at_least) if bound is not None), math.nan)
    found = treatment(rule.metric, data, bound, method.tail, minimum_rows, rule.groups)
    clusters = len(data.y) if predictions.groups is None else len(np.unique(predictions.groups))
    interval = Interval(found.value, found.low, found.high)
    return Evidence(
        rule,
        rows=predictions.size(),
        clusters=clusters,
        interval=interval,
        problem=found.problem,
        caveat=found.caveat,
        rows_needed=found.rows_needed,
    )


def _pairs(
    predictions: Predictions, rule: Rule, name: str | None, rows: NDArray[np.int64], method: Bootstrap
) -> Evidence:
    """Count where the candidate and the other model are right and wrong."""
    pairs = _counted(predictions, rule, rows)
    interval = Interval(pairs.difference, *pairs.interval(method.tail))
    other = float(_right(predictions, rule.against, rows).mean())
    champion = float(_right(predictions, "champion", rows).mean()) if "champion" in predictions.scores else None
    return Evidence(rule, name, len(rows), len(rows), interval, other=other, champion=champion, pairs=pairs)


def _answers(predictions: Predictions, rule: Rule) -> bool:
    """Tell whether a rule compares shares of right answers on rows that do not hang together and count alike."""
    alone = predictions.groups is None and predictions.weights is None
    return rule.metric == "accuracy" and rule.against != "value" and not rule.relative and alone


def _counted(predictions: Predictions, rule: Rule, rows: NDArray[np.int64]) -> Pairs:
    ours, theirs = (_right(predictions, model, rows) for model in ("candidate", rule.against))
    return Pairs(len(rows), int((ours & ~theirs).sum()), int((theirs & ~ours).sum()))


def _right(predictions: Predictions, model: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(predictions.decided(model)[rows] == predictions.target[rows])


def _same(predictions: Predictions, rule: Rule, rows: NDArray[np.int64]) -> bool:
    if rule.against == "value":
        return False
    scores: list[NDArray[Any]] = [predictions.scores[model][rows] for model in ("candidate", rule.against)]
    decided = [predictions.decided(model)[rows] for model in ("candidate", rule.against)]
    return bool((scores[0] == scores[1]).all()) and bool((decided[0] == decided[1]).all())


def _span(predictions: Predictions, rule: Rule) -> float | None:
    """Measure how far apart rows can be: rates within 1, values as far as the best decision is from the worst.

    A metric of the pipeline's own is taken to reach as far as any model's rows do.
    """
    if rule.metric in predictions.own:
        return float(np.ptp(np.concatenate(list(predictions.own[rule.metric].values.values()))))
    if rule.metric == "value":
        return 1.0 if predictions.values is None else float(np.ptp(predictions.values))
    return 1.0 if _rate(rule.metric) else None


def _rate(metric: str) -> bool:
    return metric in METRICS and METRICS[metric].share


def _opened(interval: Interval, clusters: int, method: Bootstrap, span: float) -> Interval:
    """Widen an interval without width: no error among n clusters still allows a rate of -ln(tail)/n (rule of three)."""
    if interval.high - interval.low > _ROUNDING * span:
        return interval
    slack = span * -math.log(method.tail) / max(1, clusters)
    return Interval(interval.value, interval.value - slack, interval.value + slack)
