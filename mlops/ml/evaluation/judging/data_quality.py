"""What the checks of the data said, as rules of a gate: how many warned, how many labels are probably wrong.

What is read is the rule's kind (`mlops.gate_rules`). A count is what it is. An estimated share passes only if the whole
of its interval does. A report that is absent or says nothing of a rule never passes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlops.files.intervals import interval, number
from mlops.gate_rules import DATA
from mlops.gate_rules.data_rule import PREFIX
from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.judging.evidence import Evidence
from mlops.ml.evaluation.judging.judge import Result, absent
from mlops.ml.evaluation.judging.names import called
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.sentences import wanted
from mlops.verdict import FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops.documents.data import DataReport
    from mlops.gate_rules.measured import Measured


def judge(rules: Iterable[Rule], report: DataReport | None, confidence: float) -> list[Result]:
    """Judge every rule by `reports/data.json`; None where there is none that can be read."""
    return [_judge(rule, report, confidence) for rule in rules]


def _judge(rule: Rule, report: DataReport | None, confidence: float) -> Result:
    found = "there is no reports/data.json" if report is None else _measured(rule, report, confidence)
    name = called(rule.metric)
    if isinstance(found, str) or rule.at_most is None:
        why = found if isinstance(found, str) else "the rule has no bound"
        missing = Evidence(rule, problem=why)
        return Result(missing, rule.at_most, absent(missing), f"{name} cannot be told: {why}")
    evidence, bound = _evidence(rule, found), rule.at_most
    value, low, high = evidence.interval.value, evidence.interval.low, evidence.interval.high
    measured = f": {value:g}" if low == high else f" is {number(value, bound)} {interval(low, high)}"
    said, wish = f"{name}{measured} ({found.total:,} {found.what})", wanted(bound, -1)
    if not value <= bound:
        return Result(evidence, bound, FAIL, f"{said}, but {wish}")
    if not high <= bound:
        return Result(evidence, bound, INCONCLUSIVE, f"{said}; {wish}: its interval reaches past that")
    return Result(evidence, bound, PASS, f"{said}; {wish}")


def _measured(rule: Rule, report: DataReport, confidence: float) -> Measured | str:
    name = rule.metric.removeprefix(PREFIX)
    kind = DATA.get(name)
    return f"no kind of rule `{name}` is installed" if kind is None else kind(report, confidence)


def _evidence(rule: Rule, found: Measured) -> Evidence:
    rows = found.total
    return replace(Evidence(rule, rows=rows, clusters=rows), interval=Interval(found.value, found.low, found.high))
