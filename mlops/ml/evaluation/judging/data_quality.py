"""What the checks of the data said, as rules of a gate: how many warned, how many labels are probably wrong.

What is read is the rule's kind (`mlops.gate_rules`). A count is what it is. An estimated share passes only if the whole
of its interval does. A report that is absent or says nothing of a rule never passes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlops.gate_rules import DATA
from mlops.gate_rules.data_rule import PREFIX
from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.judging.evidence import Evidence
from mlops.ml.evaluation.judging.judge import Result, absent
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.sentences import ends, number
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
    if isinstance(found, str) or rule.at_most is None:
        why = found if isinstance(found, str) else "the rule has no bound"
        missing = Evidence(rule, problem=why)
        return Result(missing, rule.at_most, absent(missing), f"{rule.metric} cannot be told: {why}")
    evidence, bound = _evidence(rule, found), rule.at_most
    interval = evidence.interval
    low, high = ends(interval.low, interval.high)
    shown = "" if interval.low == interval.high else f" [{low}, {high}]"
    value = f"{rule.metric} is {interval.value:g}" if not shown else f"{rule.metric} is {number(interval.value, bound)}"
    rows = f"{found.total:,} {found.what}"
    if not interval.value <= bound:
        return Result(evidence, bound, FAIL, f"{value} but must be at most {bound:g}, of {rows}")
    if not interval.high <= bound:
        said = f"{value}{shown} and must be at most {bound:g}: its interval reaches past that, on {rows}"
        return Result(evidence, bound, INCONCLUSIVE, said)
    return Result(evidence, bound, PASS, f"{value}{shown}, at most {bound:g} as required, of {rows}")


def _measured(rule: Rule, report: DataReport, confidence: float) -> Measured | str:
    name = rule.metric.removeprefix(PREFIX)
    kind = DATA.get(name)
    return f"no kind of rule `{name}` is installed" if kind is None else kind(report, confidence)


def _evidence(rule: Rule, found: Measured) -> Evidence:
    rows = found.total
    return replace(Evidence(rule, rows=rows, clusters=rows), interval=Interval(found.value, found.low, found.high))
