from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.card import Evidence, escaped, write


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
