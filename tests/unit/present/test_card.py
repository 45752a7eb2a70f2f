from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlops.configuration.card import Card
from mlops.documents.data import DataReport
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import SplitReport
from mlops.present.card.card import Evidence, write
from mlops.present.card.words import escaped
from mlops.present.markdown.text import escape
from tests.builders.reports import DECISION, DISCOVERED, IMPORTANCE, ROBUSTNESS


def test_a_card_without_evidence_says_missing() -> None:
    card = write(Evidence(pipeline="p", task="binary"))
    assert "- Owners: missing" in card
    assert "Verdict of the gate: **missing**" in card


@given(text=st.text() | st.text("<>&|`*_[]()!@#\\\\\n{}$~"))
def test_what_people_wrote_stays_one_line_of_text_in_card_and_comment_alike(text: str) -> None:
    shown = escaped(text)
    assert shown == escape(text, None)
    assert not set("\n<>|`*[]{}@$~\\\\") & set(shown)


def test_no_end_of_a_long_text_is_left_out() -> None:
    assert escaped("word " * 1000) == ("word " * 1000).strip()


def test_markup_in_evidence_is_shown_and_not_obeyed() -> None:
    card = write(Evidence(pipeline="p", task="binary", description="<script>x</script> | [a](b)\n# h {{7*7}}"))
    assert (
        "- Description: &#60;script&#62;x&#60;/script&#62; &#124; &#91;a&#93;(b) &#35;&#8203; h "
        "&#123;&#123;7&#42;7&#125;&#125;\n" in card
    )


def test_what_only_a_person_can_say_is_asked_for_until_it_is_written() -> None:
    asked = write(Evidence(pipeline="p", task="binary"))
    assert "- Out of scope: **missing**: write `card: {out_of_scope: ...}`" in asked
    said = write(Evidence(pipeline="p", task="binary", said=dict.fromkeys(Card.model_fields, "It is | known")))
    assert "write `card" not in said
    assert said.count("It is &#124; known") == len(Card.model_fields)


def test_a_waived_rule_is_told() -> None:
    waived = {"owner": "@ada", "approver": "@grace", "reason": "few rows"}
    waived |= {"granted": "2026-03-01", "expires": "2026-03-20"}
    rule = {**JUDGED, "id": "auroc", "metric": "auroc", "verdict": "fail", "sentence": "it is bad", "waived": waived}
    assert "- Waived until 2026-03-20 by &#64;&#8203;grace: few rows" in write(
        Evidence(pipeline="p", task="binary", gate=judged(rules=[rule]))
    )


RATES = {
    rate: [
        {"group": "a", "value": 0.5, "low": 0.4, "high": 0.6, "rows": 90},
        {"group": "b", "value": None, "low": None, "high": None, "rows": 0},
    ]
    for rate in ("selection", "true positive", "false positive", "precision")
}
JUDGED = {"verdict": "inconclusive", "mode": "block", "applicable": True}
RULES = [
    {
        **JUDGED,
        "id": "fair",
        "metric": "equal_opportunity_difference",
        "of": "site",
        "sentence": "It is unfair.",
        "mode": "warn",
    },
    {**JUDGED, "id": "auroc-site", "metric": "auroc", "by": "site", "slice": "a", "verdict": "pass"},
]
METRICS = MetricsReport.model_validate({
    "task": "binary",
    "classes": ["no", "yes"],
    "slices": [{"by": "site", "slice": "a|b", "n": 90, "metrics": {"auroc": {"value": 0.8, "low": 0.7, "high": 0.9}}}],
    "reliability": {
        "of": "the second class",
        "ece": 0.02,
        "slope": {"value": 1.1, "low": 0.9, "high": 1.3},
        "intercept": None,
        "brier": {"score": 0.14},
    },
    "robustness": ROBUSTNESS,
    "importance": IMPORTANCE,
    "discovered": DISCOVERED,
    "decision": DECISION,
})  # fmt: skip


def judged(**keys: Any) -> GateReport:
    return GateReport.model_validate({"verdict": "fail", **keys})


def lines(**evidence: Any) -> list[str]:
    return write(Evidence(pipeline="p", task="binary", **evidence)).splitlines()


def test_analyses_are_told_from_evidence() -> None:
    card = lines(gate=judged(rules=RULES, group_rates={"site": RATES}), metrics=METRICS)
    for line in (
        "| site=a&#124;b | 90 | 0.800 | 0.700 to 0.900 |",
        "| site=a " + "| 0.500 (0.400 to 0.600) " * 4 + "|",
        "| site=b |  |  |  |  |",
        "- It is unfair.",
        "- Calibration slope: 1.10 (0.90 to 1.30); 1 is right",
        "- Calibration intercept: unknown; 0 is right",
        "| unseen_categories | 0.25 | 0.800 (0.790 to 0.810) | -0.060 | -0.065 to -0.055 |",
        "| age over 60 and site = b | 120 | 0.310 | 0.140 |",
    ):
        assert line in card


def test_a_threshold_is_told_with_what_decisions_are_worth() -> None:
    card = lines(metrics=METRICS)
    assert "- Decision threshold: 0.21, chosen on validation, by the greatest mean value" in card
    worth = "0 EUR for no where no is true; -5 EUR for yes where no is true; -40 EUR for no where yes is true"
    assert f"- What a decision is worth: {worth}; 20 EUR for yes where yes is true" in card
    assert "- Decision threshold: none declared, the likeliest class is taken" in lines(
        metrics=MetricsReport(task="binary")
    )


def test_checks_of_the_data_are_counted_and_those_that_did_not_hold_are_told() -> None:
    split = SplitReport.model_validate({"checks": [{"passed": True}]})
    failed = {"name": "nulls", "passed": False, "message": "26 % are null"}
    card = lines(data=DataReport.model_validate({"checks": [failed, {"name": "rows", "passed": True}]}), split=split)
    assert "- Checks of the data and of the split: 2 of 3 passed" in card
    assert "- Not passed: 26 % are null" in card


def test_what_was_not_examined_has_no_heading() -> None:
    assert not any(line.startswith("###") for line in lines(metrics=MetricsReport(task="binary")))


def test_a_rule_that_does_not_stop_anything_says_so() -> None:
    card = lines(gate=judged(verdict="pass", rules=[{**RULES[0], "verdict": "fail"}]))
    assert "| fair |  |  |  |  | fail, warns only |" in card
