"""A result that is too good to be true blocks where it hangs on a few columns that nobody answered for."""

from __future__ import annotations

from datetime import date

import pytest

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.documents.checks import CheckReport
from mlops.documents.data import DataReport
from mlops.documents.training import TooGood
from mlops.ml.evaluation.judging.too_good import judge
from mlops.ml.evaluation.judging.waivers import on
from mlops.verdict import verdict

REASON = "Both are booked on the first of the month."
ALONE = TooGood(measure="AUROC", value=0.9991, rows=400)
FOUND = ALONE.model_copy(update={"columns": ("paid", "due"), "how": "a weighted sum of that is as good"})
DATA = DataReport(checks=(CheckReport(name="leakage", column="paid", severity="warn", failed=1, total=1),))


def accepted(*columns: str) -> AcceptedLeak:
    return AcceptedLeak(columns=columns, reason=REASON)


def test_nothing_found_says_nothing() -> None:
    assert judge(None, DataReport(), None) == ()
    assert judge(None, None, accepted("paid")) == ()


def test_near_perfection_alone_warns() -> None:
    (rule,) = judge(ALONE, DataReport(), None)
    assert (rule.verdict, rule.mode) == ("fail", "warn")
    assert rule.sentence == (
        "AUROC 0.9991 on 400 rows of validation is too good to be true; no few columns explain it: "
        "look whether it can be so"
    )


def test_what_hangs_on_a_few_columns_blocks_and_says_what_to_type() -> None:
    (rule,) = judge(FOUND, None, None)
    assert verdict((rule,)) == "fail"
    assert rule.sentence == (
        "AUROC 0.9991 on 400 rows of validation is too good to be true, and hangs on `paid`, `due`: a weighted sum of "
        "that is as good; leave out what is known only afterwards (`exclude: {after_outcome: [paid, due]}` in the data "
        "block), or, where all of it is known when a prediction is asked for, accept it in conf/accept/PIPELINE.yaml "
        "(`leak: {columns: [paid, due], reason: ...}`)"
    )


@pytest.mark.parametrize(("columns", "expected"), [(("paid", "due"), "pass"), (("due",), "fail"), (("x",), "fail")])
def test_every_column_must_be_accepted(columns: tuple[str, ...], expected: str) -> None:
    rules = judge(FOUND, DATA, accepted(*columns))
    assert rules[0].verdict == expected
    assert rules[0].sentence.endswith(f"accepted: {REASON}") == (expected == "pass")


def test_a_leak_that_validate_let_pass_still_needs_to_be_merged() -> None:
    """The base commit judges too, and does not know what a change accepts on its own."""
    assert verdict(judge(None, DATA, None)) == "fail"
    assert verdict(judge(None, DATA, accepted("paid"))) == "inconclusive"  # it is no rule that a gate can stand on


def test_what_was_accepted_until_a_day_passes_to_its_end_and_then_fails() -> None:
    ends = AcceptedLeak(
        columns=("paid", "due"),
        reason=REASON,
        owner="@ada",
        approver="@grace",
        since="2026-11-30",
        until="2026-12-31",
    )
    rules = judge(FOUND, DATA, ends)
    assert rules[0].sentence.endswith(f"; accepted until 2026-12-31 by @grace: {REASON}")
    assert on(rules, date(2026, 12, 31)) == rules
    (ended,) = on(rules, date(2027, 1, 1))
    assert (ended.verdict, ended.mode, verdict((ended,))) == ("fail", "block", "fail")
    assert ended.sentence.endswith("; that held until 2026-12-31: accept it again, or leave the columns out")
