"""A waiver takes a rule out of a verdict, for its days, and hides nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.blocks.waiver import Waiver
from mlops.documents.document import said as said_of
from mlops.documents.gate import RuleResult
from mlops.ml.evaluation.judging.waivers import on, waive
from mlops.verdict import verdict

DAY = date(2026, 3, 10)
RANK = ["fail", "inconclusive", "pass"]


def result(said: str = "fail", **changes: Any) -> RuleResult:
    base = {
        "id": "auroc",
        "metric": "auroc",
        "slice": None,
        "verdict": said,
        "applicable": True,
        "mode": "block",
        "sentence": "it is bad",
    }
    return RuleResult.model_validate({**base, **changes})


def waiver(**changes: Any) -> Waiver:
    base = {"rule": "auroc", "reason": "the panel is small", "owner": "@a", "approver": "@b"}
    return Waiver(**{**base, "granted": "2026-03-01", "expires": "2026-03-20", **changes})


def test_a_waived_failure_is_shown_and_not_counted() -> None:
    records = waive([result(), result("pass", id="accuracy")], [waiver()])
    assert verdict(records) == "pass"
    assert records[0].verdict == "fail"
    assert records[0].waived is not None
    assert records[0].waived.owner == "@a"


def test_a_gate_with_nothing_but_waived_rules_is_no_pass() -> None:
    assert verdict(waive([result()], [waiver()])) == "inconclusive"


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"rule": "accuracy"}, "another rule"),
        ({"slice": "b"}, "another slice"),
    ],
)
def test_a_waiver_of_something_else_changes_nothing(changes: dict[str, Any], about: str) -> None:
    records = (result(slice="a"), result("pass", id="f1"))
    assert waive(records, [waiver(**changes)]) == records, about
    assert verdict(records) == "fail"


@pytest.mark.parametrize(
    ("day", "holds", "said"),
    [
        (date(2026, 2, 28), False, "it is bad; the waiver of @a has not begun"),
        (date(2026, 3, 1), True, "it is bad"),
        (date(2026, 3, 20), True, "it is bad"),
        (date(2026, 3, 21), False, "it is bad; the waiver of @a expired on 2026-03-20"),
    ],
)
def test_it_holds_from_its_first_to_its_last_day(day: date, holds: bool, said: str) -> None:
    records = on(waive([result(), result("pass", id="f1")], [waiver()]), day)
    assert (verdict(records) == "pass") is holds
    assert records[0].sentence == said
    assert ("waived" in said_of(records[0])) is holds


_RECORDS = st.lists(
    st.builds(
        result,
        st.sampled_from(RANK),
        id=st.sampled_from(["auroc", "f1", "brier"]),
        applicable=st.booleans(),
        mode=st.sampled_from(["block", "warn"]),
    ),
    max_size=6,
)
_WAIVERS = st.lists(st.builds(waiver, rule=st.sampled_from(["auroc", "f1", "other"])), max_size=3)


@given(_RECORDS, _WAIVERS, st.dates(date(2026, 2, 1), date(2026, 5, 1)))
def test_an_expiry_never_raises_a_verdict_above_what_all_waivers_gave(
    records: list[RuleResult], waivers: list[Waiver], day: date
) -> None:
    waived = waive(records, waivers)
    assert RANK.index(verdict(on(waived, day))) <= max(RANK.index(verdict(waived)), RANK.index(verdict(records)))


@given(_RECORDS, _WAIVERS)
def test_long_after_every_waiver_the_verdict_is_the_one_without(
    records: list[RuleResult], waivers: list[Waiver]
) -> None:
    assert verdict(on(waive(records, waivers), date(2030, 1, 1))) == verdict(records)
