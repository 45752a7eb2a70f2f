"""A rule has one name and a gate one count, whoever shows them: terminal, page, comment, release and sentence."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

import mlops.verdict
from mlops.documents.gate import GateReport, RuleResult
from mlops.ml.evaluation.judging import sentences
from mlops.ml.evaluation.judging.evidence import Evidence
from mlops.ml.evaluation.judging.rule import Rule
from mlops.operations.verdicts.gate import Verdict
from mlops.present.markdown.evidence import Change, Judged
from mlops.present.markdown.sections import _gates, _rule
from mlops.present.report.about import UNKNOWN
from mlops.present.report.verdict import banner, rule_rows
from mlops.present.terminal.verdict import table
from mlops.present.verdicts import about
from mlops.verdict import held, tally


def record(verdict: str = "pass", **keys: Any) -> RuleResult:
    return RuleResult.model_validate({
        "id": "r", "metric": "auroc", "against": "value", "by": None, "slice": None, "value": 0.7, "low": 0.6,
        "high": 0.8, "bound": 0.5, "n": 90, "verdict": verdict, "sentence": "So it is.", "mode": "block",
        "applicable": True, **keys,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "AUROC"),
        ({"under": "noise"}, "AUROC when numbers are noisy"),
        ({"of": "plan"}, "AUROC of plan"),
        ({"by": "site", "slice": "a"}, "AUROC where site=a"),
        ({"by": "site", "slice": ""}, "AUROC where site="),
        ({"under": "noise", "by": "site", "slice": "a"}, "AUROC when numbers are noisy, where site=a"),
    ],
)
def test_whoever_names_a_rule_uses_the_same_words(keys: dict[str, Any], expected: str) -> None:
    one = record(**keys)
    gate = GateReport(verdict="pass", rules=(one,))
    assert about(one) == expected
    asked = {key: value for key, value in keys.items() if key != "slice"}
    evidence = Evidence(Rule("r", "auroc", **asked), slice=keys.get("slice"))
    assert sentences.problem(evidence, "why") == f"{expected} cannot be measured: why"
    assert f" {expected} at least 0.5" in table(Verdict("p", "pass", (one,), None), explain=False)
    assert rule_rows(gate, UNKNOWN)[0].title == expected
    (read,) = GateReport.parse(gate.dumps().encode()).rules
    assert _rule(read) == expected


WAIVED = {"owner": "@a", "approver": "@b", "granted": "2026-01-01", "expires": "2026-02-01", "reason": "x"}
MIXED = [
    record(),
    record("fail"),
    record("inconclusive"),
    record("fail", waived=WAIVED),
    record("deferred"),
    record("fail", mode="warn"),
    record("deferred", mode="warn"),
    record("inconclusive", applicable=False),
]


def test_whoever_counts_the_rules_comes_to_the_same() -> None:
    counts = tally(MIXED)
    assert (counts.passed, counts.failed, counts.inconclusive, counts.waived, counts.deferred) == (1, 1, 1, 1, 1)
    assert (counts.total, counts.judged, counts.warnings) == (5, 3, 1)
    gate = GateReport(verdict="fail", rules=tuple(MIXED))
    assert gate.tally == counts
    assert _gates(Judged(change=Change(name="p"), gate=gate)) == "1/5<br>1&nbsp;waived"
    assert banner(gate).summary == (
        "1 of 3 rules passed, 1 inconclusive, 1 waived, 2 over the live model still to be judged"
    )
    shown = table(Verdict("p", "fail", tuple(MIXED), None), explain=False).splitlines()[-2:]
    assert shown == [
        "  verdict: fail (1 of 5 failed, 1 of 5 inconclusive, 1 of 5 waived, 1 of 5 deferred, 1 warning)",
        "    1 warning: AUROC is 0.700, and should be at least 0.5",
    ]
    assert banner(gate).warning == "1 warning: AUROC is 0.700, and should be at least 0.5"


def test_a_recorded_verdict_is_no_better_than_its_rules() -> None:
    assert [held("pass", rules) for rules in ([], [record()], [record("fail")])] == ["inconclusive", "pass", "fail"]
    assert held("fail", [record()]) == "fail"


def test_the_examples_hold() -> None:
    assert doctest.testmod(mlops.verdict).failed == 0
