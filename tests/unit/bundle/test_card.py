from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.card import Evidence, escaped, write
from mlops.spec.card import Card


def test_a_card_without_evidence_says_missing() -> None:
    card = write(Evidence(pipeline="p", task="binary"))
    assert "- Owners: missing" in card
    assert "Verdict of the gate: **missing**" in card


@given(text=st.text())
def test_what_people_wrote_stays_one_line_of_text(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    assert "<" not in shown.replace("\\<", "")
    assert "|" not in shown.replace("\\\\", "").replace("\\|", "")


def test_markup_in_evidence_is_shown_and_not_obeyed() -> None:
    card = write(Evidence(pipeline="p", task="binary", description="<script>x</script> | [a](b)\n# h {{7*7}}"))
    assert "- Description: \\<script\\>x\\</script\\> \\| \\[a\\](b) \\# h \\{\\{7\\*7\\}\\}" in card


def test_what_only_a_person_can_say_is_asked_for_until_it_is_written() -> None:
    asked = write(Evidence(pipeline="p", task="binary"))
    assert "- Out of scope: **missing**: write `card: {out_of_scope: ...}`" in asked
    said = write(Evidence(pipeline="p", task="binary", said=dict.fromkeys(Card.model_fields, "It is | known")))
    assert "write `card" not in said
    assert said.count("It is \\| known") == len(Card.model_fields)


def test_a_waived_rule_is_told() -> None:
    waived = {"expires": "2026-03-20", "approver": "@grace", "reason": "few rows"}
    rule = {"id": "auroc", "metric": "auroc", "verdict": "fail", "sentence": "it is bad", "waived": waived}
    assert "- Waived until 2026-03-20 by @grace: few rows" in write(
        Evidence(pipeline="p", task="binary", gate={"rules": [rule]})
    )
