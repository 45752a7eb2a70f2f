"""What the checks of the data said, as rules of a gate: how many warned, how many labels are probably wrong.

A count is what it is. An estimated share passes only if the whole of its score interval does (Wilson, JASA 22:209,
1927). A report that is absent or says nothing of a rule never passes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.judging.evidence import Evidence, Rule
from mlops.ml.evaluation.judging.judge import Result
from mlops.ml.evaluation.judging.sentences import ends, number
from mlops.statistics.proportions import Share, normal_quantile
from mlops.verdict import FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WARNINGS, LABEL_NOISE = "data_warnings", "data_label_noise"
_MOST_ROWS = 2**53  # what a float counts exactly


def judge(rules: Iterable[Rule], report: Mapping[str, Any] | None, confidence: float) -> list[Result]:
    """Judge every rule by `reports/data.json`; None where there is none that can be read."""
    return [_judge(rule, report, confidence) for rule in rules]


def _judge(rule: Rule, report: Mapping[str, Any] | None, confidence: float) -> Result:
    measure = _warnings if rule.metric == WARNINGS else _label_noise
    found = "there is no reports/data.json" if report is None else measure(rule, report, confidence)
    if isinstance(found, str) or rule.at_most is None:
        why = found if isinstance(found, str) else "the rule has no bound"
        verdict = INCONCLUSIVE if rule.on_missing == "inconclusive" else FAIL
        return Result(Evidence(rule, problem=why), rule.at_most, verdict, f"{rule.metric} cannot be told: {why}")
    interval, bound = found.interval, rule.at_most
    low, high = ends(interval.low, interval.high)
    shown = "" if interval.low == interval.high else f" [{low}, {high}]"
    value = f"{rule.metric} is {interval.value:g}" if not shown else f"{rule.metric} is {number(interval.value, bound)}"
    rows = f"{found.rows:,} {'checks' if rule.metric == WARNINGS else 'rows'}"
    if not interval.value <= bound:
        return Result(found, bound, FAIL, f"{value} but must be at most {bound:g}, of {rows}")
    if not interval.high <= bound:
        said = f"{value}{shown} and must be at most {bound:g}: its interval reaches past that, on {rows}"
        return Result(found, bound, INCONCLUSIVE, said)
    return Result(found, bound, PASS, f"{value}{shown}, at most {bound:g} as required, of {rows}")


def _warnings(rule: Rule, report: Mapping[str, Any], _: float) -> Evidence | str:
    """Count the checks that did not pass; those that block left no run to judge."""
    checks = report.get("checks")
    if not isinstance(checks, list) or not checks or not all(isinstance(check, dict) for check in checks):
        return "reports/data.json lists no checks"
    count = float(sum(check.get("passed") is not True for check in checks))
    return Evidence(rule, rows=len(checks), clusters=len(checks), interval=Interval(count, count, count))


def _label_noise(rule: Rule, report: Mapping[str, Any], confidence: float) -> Evidence | str:
    found = report.get("label_noise")
    if not isinstance(found, dict):
        return "label noise was not estimated"
    share, rows = found.get("share"), found.get("rows")
    if isinstance(share, bool) or not isinstance(share, int | float) or type(rows) is not int:
        return f"label noise was not estimated: {found.get('reason') or 'reports/data.json gives no share of rows'}"
    if not (0 <= share <= 1 and 0 < rows <= _MOST_ROWS):
        return "reports/data.json gives no share of rows"
    low, high = Share(float(share), rows).interval(normal_quantile(confidence))
    return replace(Evidence(rule, rows=rows, clusters=rows), interval=Interval(float(share), low, high))
