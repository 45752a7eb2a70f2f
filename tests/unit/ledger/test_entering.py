"""What a change writes into a folder: the same however often, and never over what is merged."""

from __future__ import annotations

from mlops.ledger.decided import Decided
from mlops.ledger.entering import Files, entering, follows
from mlops.ledger.line import Line

EMPTY = Line("churn", "model")


def verdict(seed: int) -> Decided:
    return Decided("verdict", "model", None, "pass", {"gate.json": f"sha256:{seed:064x}"})


def waiver(seed: int) -> Decided:
    return Decided("waiver", "model", "auroc", None, {"waiver.yaml": f"sha256:{seed:064x}"})


def after(line: Line, files: Files) -> Line:
    there = {f"{name}.json": entry.data for name, entry in line.entries.items()}
    changed = {path.rpartition("/")[2]: data for path, data in files.items()}
    return Line.of("churn", "model", {name: data for name, data in {**there, **changed}.items() if data is not None})


def entered(here: Line, base: Line, *decided: Decided) -> Line:
    made = after(here, entering(here, base, decided))
    assert entering(made, base, decided) == {}
    return made


def test_the_same_decision_is_entered_once() -> None:
    made = entered(EMPTY, EMPTY, verdict(1), waiver(1))
    assert {entry.kind for entry in made.entries.values()} == {"verdict", "waiver"}
    assert {entry.parents for entry in made.entries.values()} == {()}


def test_a_verdict_of_this_change_is_replaced_and_one_that_is_merged_is_not() -> None:
    first = entered(EMPTY, EMPTY, verdict(1))
    second = entered(first, EMPTY, verdict(2))
    assert len(second.entries) == 1  # nothing of the first was merged
    third = entered(second, second, verdict(3))
    assert [entry.parents for entry in third.newest({"verdict"})] == [second.tips]
    again = entered(third, second, verdict(4))
    assert len(again.entries) == 2
    assert entered(again, second, verdict(2)).entries == second.entries  # back to what is merged: nothing new


def test_a_waiver_of_this_change_that_no_file_says_any_more_goes() -> None:
    base = entered(EMPTY, EMPTY, verdict(1))
    waived = entered(base, base, verdict(1), waiver(1))
    assert entered(waived, base, verdict(1)).entries == base.entries
    assert entered(waived, waived, verdict(1)).entries == waived.entries  # merged: it was decided once


def test_what_the_main_line_has_by_now_is_not_touched() -> None:
    base = entered(EMPTY, EMPTY, verdict(1))
    theirs = entered(base, base, verdict(2))
    files = entering(theirs, base, [verdict(3)], kept=theirs.entries.keys())
    assert None not in files.values()


def test_a_fork_is_joined_by_the_next() -> None:
    base = entered(EMPTY, EMPTY, verdict(1))
    one, other = entered(base, base, verdict(2)), entered(base, base, verdict(1), waiver(1))
    both = Line("churn", "model", {**one.entries, **other.entries})
    assert len(both.tips) == 2
    joined = entered(both, both, verdict(3), waiver(1))
    assert [entry.parents for entry in joined.newest({"verdict"})] == [both.tips]
    assert len(joined.tips) == 1


def test_an_entry_that_began_a_line_of_its_own_is_put_after_what_came_first() -> None:
    mine, theirs = entered(EMPTY, EMPTY, verdict(1)), entered(EMPTY, EMPTY, verdict(2))
    both = Line("churn", "model", {**mine.entries, **theirs.entries})
    made = entered(both, theirs, verdict(1))
    assert [entry.parents for entry in made.newest({"verdict"})] == [theirs.tips]


def test_what_is_gone_or_edited_is_put_back() -> None:
    base = entered(EMPTY, EMPTY, verdict(1))
    name = base.tips[0]
    assert entered(EMPTY, base, verdict(1)).entries == base.entries
    edited = Line.of("churn", "model", {f"{name}.json": base.entries[name].data + b" "})
    assert entered(edited, base, verdict(1)).entries == base.entries


def test_parents_are_what_may_have_been_the_newest_at_one_time() -> None:
    first = entered(EMPTY, EMPTY, verdict(1))
    second = entered(first, first, verdict(2))
    (entry,) = second.newest({"verdict"})
    assert follows(entry, first)
    assert not follows(entry, EMPTY)
    assert not follows(entry.following(()), first)
    assert not follows(entry.following(tuple(sorted(second.entries))), second)
    assert not follows(entry.following(("0" * 64,)), second)
