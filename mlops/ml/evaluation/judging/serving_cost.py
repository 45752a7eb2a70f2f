"""What serving costs: repetitions in fresh processes, candidate and champion in turns, judged by their ratio.

A repetition starts one process of each model, in an order that alternates, and asks them in turns A B B A, so that a
machine that grows slower or hotter does so for both. One repetition gives one value of each quantity; the paired
log-ratios of the repetitions give an interval by Student's t. Fewer than five repetitions decide nothing.
Method: Georges, Buytaert and Eeckhout, Statistically Rigorous Java Performance Evaluation (OOPSLA 2007).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from mlops.files.intervals import interval, number
from mlops.gate_rules import SERVING
from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.judging.evidence import Evidence
from mlops.ml.evaluation.judging.judge import Result
from mlops.ml.evaluation.judging.names import called
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.sentences import NO_CHAMPION, wanted
from mlops.verdict import FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.documents.serving import ServingReport
    from mlops.verdict import RuleVerdict

REPETITIONS = 5  # fewer decide nothing


def judge(
    rules: Iterable[Rule],
    report: ServingReport | None,
    inputs: Mapping[str, str],
    champion: str | None,
    confidence: float,
) -> list[Result]:
    """Judge every rule by `reports/serving.json`; `inputs` are the digests of the judged model's files.

    What was not measured, on this model, often enough, is inconclusive and never a pass.
    """
    return [_judge(rule, report, inputs, champion, confidence) for rule in rules]


def _judge(
    rule: Rule, report: ServingReport | None, inputs: Mapping[str, str], champion: str | None, confidence: float
) -> Result:
    bound = rule.at_least if rule.at_least is not None else rule.at_most
    if rule.against == "champion" and champion is None:
        return Result(Evidence(rule, applicable=False), bound, INCONCLUSIVE, NO_CHAMPION)
    try:
        ours, theirs = _logs(rule, report, inputs, champion)
        apart = ours if theirs is None else ours - theirs
        interval = _interval(apart, confidence, relative=theirs is not None)
    except _NotMeasured as error:
        return Result(
            Evidence(rule, problem=str(error)), bound, INCONCLUSIVE, f"{called(rule.metric)} is not measured: {error}"
        )
    other = None if theirs is None else float(np.exp(theirs.mean()))
    evidence = Evidence(rule, None, len(ours), len(ours), interval, other=other)
    verdict = _verdict(rule, interval)
    return Result(evidence, bound, verdict, _sentence(evidence, bound, verdict))


class _NotMeasured(ValueError):
    """Why there is nothing to judge."""


def _logs(
    rule: Rule, report: ServingReport | None, inputs: Mapping[str, str], champion: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Give the logarithm of each repetition's value: the candidate's, and the champion's where the rule is about it."""
    if report is None:
        raise _NotMeasured("there is no reports/serving.json")
    names = ("model.onnx", "transform.json")
    if any(report.inputs.get(name) is None or report.inputs[name] != inputs.get(name) for name in names):
        raise _NotMeasured("reports/serving.json is about another model")
    if rule.against == "champion" and report.champion != champion:
        raise _NotMeasured("reports/serving.json is about another champion")
    ours = _column(report, "candidate", rule.metric)
    theirs = _column(report, "champion", rule.metric) if rule.against == "champion" else None
    if theirs is not None and len(theirs) != len(ours):
        raise _NotMeasured("candidate and champion were not measured in pairs")
    if len(ours) < REPETITIONS:
        raise _NotMeasured(f"{len(ours)} repetitions decide nothing, {REPETITIONS} are needed")
    return np.log(ours), None if theirs is None else np.log(theirs)


def _column(report: ServingReport, model: str, metric: str) -> NDArray[np.float64]:
    try:
        column = np.array(report.repetitions[model][metric], dtype=np.float64)
    except KeyError as error:
        raise _NotMeasured(f"reports/serving.json has no {metric} of the {model}") from error
    if not (np.isfinite(column).all() and (column > 0).all()):
        raise _NotMeasured(f"a repetition has no {metric} of the {model}")
    return column


def _interval(logs: NDArray[np.float64], confidence: float, *, relative: bool) -> Interval:
    """Take the mean and its t-interval back from logarithms: a value, or a change as a share of the other's."""
    from scipy.special import stdtrit

    mean, error = float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(len(logs))
    reach = float(stdtrit(len(logs) - 1, (1 + confidence) / 2)) * error
    try:
        back = [math.expm1(mean + step) if relative else math.exp(mean + step) for step in (0.0, -reach, reach)]
    except OverflowError as error:
        raise _NotMeasured("the repetitions are too far apart for an interval") from error
    return Interval(*(float(f"{value:.9g}") for value in back))  # a size that is its bound must not miss it by rounding


def _verdict(rule: Rule, interval: Interval) -> RuleVerdict:
    low, high = rule.at_least, rule.at_most
    if (low is not None and interval.value < low) or (high is not None and interval.value > high):
        return FAIL
    bounded = low is not None or high is not None
    sure = (low is None or interval.low >= low) and (high is None or interval.high <= high)
    return PASS if bounded and sure else INCONCLUSIVE


def _sentence(evidence: Evidence, bound: float | None, verdict: str) -> str:
    rule, value = evidence.rule, evidence.interval.value
    unit = f" {SERVING[rule.metric].unit}"
    relative = rule.against == "champion"
    scale, spelt = (-100 if value < 0 else 100, " %") if relative else (1, unit)
    low, high = sorted((scale * evidence.interval.low, scale * evidence.interval.high))
    spread, times = interval(low, high, unit=spelt if relative else ""), f"({evidence.rows} repetitions)"
    far = f"{abs(100 * value):.1f} %" if relative else f"{number(value)}{unit}"
    beside = f" {'above' if value > 0 else 'below'} the champion's {number(evidence.other or 0.0)}{unit}"
    said = f"{called(rule.metric)} is {far} {spread}{beside if relative else ''} {times}"
    sign = 1 if rule.at_least is not None else -1
    wish = wanted(abs(scale) * (bound or 0.0), sign, rule.against, unit=spelt)
    if verdict == INCONCLUSIVE:
        return f"{said}; {wish}: too noisy to tell, a quieter machine or more repetitions would"
    return f"{said}, but {wish}" if verdict == FAIL else f"{said}; {wish}"
