"""A line followed from its first commit: what was cut, edited, reordered or left out is named, and who mended it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ledger.course import Course, Step, course, lost_of
from mlops.ledger.decided import Decided
from mlops.ledger.entering import entering
from mlops.ledger.entry import Entry
from mlops.ledger.line import Line
from tests.builders.work import calls


def verdict(seed: int) -> Decided:
    return Decided("verdict", "model", None, "pass", {"gate.json": f"sha256:{seed:064x}"})


def waiver(seed: int) -> Decided:
    return Decided("waiver", "model", "auroc", None, {"waiver.yaml": f"sha256:{seed:064x}"})


class Main:
    """A main line on which branches are merged that may have begun long ago."""

    def __init__(self) -> None:
        self.files: list[dict[str, bytes]] = [{}]
        self.steps: list[Step] = []

    def line(self, back: int = 0) -> Line:
        return Line.of("churn", "model", dict(self.files[-1 - back]))

    def decide(self, *decided: Decided, back: int = 0) -> Step:
        base = self.line(back)
        planned = entering(base, base, decided)
        return self.merge({path.rpartition("/")[2]: data for path, data in planned.items()}, decided)

    def merge(self, files: dict[str, bytes | None], decided: Iterable[Decided] | None = None) -> Step:
        step = Step(f"{len(self.steps):08x}", files, None if decided is None else tuple(decided))
        there = {**self.files[-1], **files}
        self.files.append({name: data for name, data in there.items() if data is not None})
        self.steps.append(step)
        return step

    def seen(self) -> Course:
        return course("churn", "model", self.steps)

    def said(self) -> list[tuple[str, str, str | None]]:
        return [(item.commit, item.what, item.mended) for item in self.seen().wrong]


def begun() -> Main:
    main = Main()
    for seed in (1, 2, 3):
        main.decide(verdict(seed))
    return main


def test_a_line_on_which_each_comes_after_the_one_before_holds() -> None:
    seen = begun().seen()
    assert (seen.entries, seen.wrong, seen.forks) == (3, (), ())


def test_an_entry_that_is_edited_or_cut_is_named_by_the_commit() -> None:
    for data, how in ((None, "took away"), (b"{}", "edited")):
        for index in range(3):
            main = begun()
            name = list(main.files[-1])[index]
            main.merge({name: data})
            assert main.said() == [("00000003", f"{how} {name[:12]}…, the verdict", None)]
            main.merge({name: main.files[3][name]})
            assert [mended for _, _, mended in main.said()] == ["00000004"]


def test_two_branches_are_a_fork_that_the_next_joins() -> None:
    main = begun()
    main.decide(verdict(4))
    fork = main.decide(verdict(4), waiver(1), back=1)
    assert [(one.commit, one.joined) for one in main.seen().forks] == [(fork.commit, None)]
    joined = main.decide(verdict(5))
    seen = main.seen()
    assert seen.wrong == ()
    assert [(one.commit, one.joined) for one in seen.forks] == [(fork.commit, joined.commit)]


def test_several_entries_of_one_commit_are_no_fork() -> None:
    main = Main()
    main.decide(verdict(1), waiver(1))
    main.decide(verdict(2), waiver(2))
    assert (main.seen().entries, main.seen().wrong, main.seen().forks) == (4, (), ())


def test_entries_in_another_order_are_named() -> None:
    main = begun()
    main.steps[0], main.steps[1] = main.steps[1], main.steps[0]
    assert any("which comes after what was never the newest" in what for _, what, _ in main.said())


def test_an_entry_after_what_was_never_the_newest_is_named() -> None:
    main = begun()
    first, last = sorted(main.files[1])[0][:-5], main.line().tips[0]
    for parents in ((), tuple(sorted((first, last))), ("0" * 64,)):
        forged = Entry(kind="waiver", pipeline="churn", place="model", parents=parents)
        main.merge({f"{forged.name}.json": forged.data})
        commit, what, _ = main.said()[-1]
        assert commit == main.steps[-1].commit
        assert what == f"brought {forged.name[:12]}…, the waiver, which comes after what was never the newest"


def test_a_decision_without_an_entry_is_named_and_mended_by_one_that_comes_later() -> None:
    main = begun()
    main.merge({}, [verdict(4)])
    assert main.said() == [("00000003", "has no entry of the verdict", None)]
    main.decide(verdict(4))
    assert [mended for _, _, mended in main.said()] == ["00000004"]


def test_what_comes_back_without_an_entry_is_named_though_it_was_entered_once() -> None:
    main = begun()
    main.merge({}, [verdict(1)])
    assert [what for _, what, _ in main.said()] == ["has no entry of the verdict"]


def test_what_was_decided_before_the_line_began_needs_none() -> None:
    main = Main()
    main.merge({}, [verdict(1)])
    main.merge({}, [verdict(2)])
    main.decide(verdict(2))
    assert main.said() == []


def test_the_first_decision_of_a_place_needs_one_once_the_pipeline_has_a_ledger() -> None:
    main = Main()
    main.merge({}, [verdict(1)])
    main.merge({}, [verdict(1), waiver(1)])
    main.steps[1] = replace(main.steps[1], known=True)
    assert main.said() == [("00000001", "has no entry of the waiver of auroc", None)]
    main.decide(verdict(1), waiver(1))
    assert [mended for _, _, mended in main.said()] == ["00000002"]


def test_a_repair_of_a_later_commit_mends_what_it_names_and_one_of_the_same_does_not() -> None:
    main = begun()
    name = list(main.files[-1])[2]
    lost = tuple(sorted((name[:-5], lost_of(verdict(4)))))
    repair = Entry(kind="repair", pipeline="churn", place="model", parents=main.line().tips, lost=lost)
    main.merge({name: None, f"{repair.name}.json": repair.data}, [verdict(4)])
    assert [mended for _, _, mended in main.said()] == [None, None]
    later = Entry(kind="repair", pipeline="churn", place="model", parents=main.line().tips, lost=lost)
    main.merge({f"{later.name}.json": later.data})
    assert [mended for _, _, mended in main.said()] == ["00000004", "00000004"]
    main.decide(verdict(5))
    assert len(main.seen().broken) == 0


def test_what_is_no_entry_is_named_until_it_is_gone() -> None:
    main = begun()
    main.merge({"note.txt": b"", "deep.json": b"[" * 100_000, f"{'0' * 64}.json": b"{"})
    assert len(main.seen().broken) == 3
    main.merge({"note.txt": None, "deep.json": None, f"{'0' * 64}.json": None})
    assert len(main.seen().broken) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(0, 3)), max_size=12))
def test_whatever_is_merged_in_whatever_order_is_one_line(steps: list[tuple[bool, int, int]]) -> None:
    """Branches begin at any commit, and each brings a verdict or a waiver."""
    main = Main()
    main.decide(verdict(0))
    for is_verdict, seed, back in steps:
        base = main.line(min(back, len(main.files) - 2))
        new = verdict(seed) if is_verdict else waiver(seed)
        if not new.entered(base):
            entry = new.entry(base)
            main.merge({f"{entry.name}.json": entry.data})
    assert main.seen().wrong == ()


def test_a_line_twice_as_long_takes_twice_the_work() -> None:
    def follow(length: int) -> None:
        tips: tuple[str, ...] = ()
        entries, steps = {}, []
        for seed in range(length):
            documents = dict(verdict(seed).documents)
            entry = Entry(kind="verdict", pipeline="churn", place="model", documents=documents, parents=tips)
            entries[f"{entry.name}.json"], tips = entry.data, (entry.name,)
            steps.append(Step(f"{seed:040x}", {f"{entry.name}.json": entry.data}, None))
        assert course("churn", "model", steps).wrong == ()
        found = Line.of("churn", "model", dict(entries))
        assert (found.damage, found.tips, len(found.newest({"verdict"}))) == ((), tips, 1)

    follow(2)  # whatever is made once
    assert calls(lambda: follow(400)) < 2.2 * calls(lambda: follow(200))


def test_what_was_live_without_an_entry_is_not_taken_away_without_one() -> None:
    release = Decided("release", "prod", f"sha256:{'4' * 64}", None, {"release.yaml": f"sha256:{'5' * 64}"})
    removal = Decided("removal", "prod")
    before = [Step("1", decided=(release,)), Step("2", decided=(removal,), known=True)]
    assert [item.what for item in course("churn", "prod", before).wrong] == ["has no entry of the removal"]
    never = [Step("1", decided=(removal,)), Step("2", decided=(removal,), known=True)]
    assert course("churn", "prod", never).wrong == ()
