"""A search is its seed and its numbers: neither who is first to end nor where it was killed changes the list."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("optuna")

from mlops.blocks.tune import Range
from mlops.errors import IntegrityError
from mlops.ml.tuning.journal import Journal
from mlops.ml.tuning.search import Found, Wanted, search
from mlops.ml.tuning.trial import Answer, Ladder, Question

SPACE = {
    "lr": Range(low=0.001, high=1.0, log=True),
    "depth": Range(low=1, high=6),
    "hidden": Range(choices=((8,), (8, 8), None)),
}
OWN = {"lr": 0.1, "depth": 3, "hidden": [8, 8], "other": 1}
Score = Callable[[Sequence[Question]], Iterator[tuple[Question, Answer]]]


def wanted(**changes: Any) -> Wanted:
    return Wanted(
        **{
            "candidate": "net",
            "parameters": OWN,
            "space": SPACE,
            "trials": 12,
            "sampler": "tpe",
            "seed": 3,
            "higher": True,
        }
        | changes
    )


def worth(question: Question) -> Answer:
    """What a trial comes to: a hill over the learning rate, and a failure at one corner."""
    asked = {**OWN, **question.parameters}
    if asked["depth"] == 6:
        return Answer(state="failed", why="too deep")
    value = -abs(asked["lr"] - 0.05) + asked["depth"] / 100
    return Answer(state="complete", value=value, loss=1 - value, course=((1, value / 2), (2, value)))


def scoring(order: random.Random | None = None, most: int | None = None) -> tuple[Score, list[int]]:
    """Answer in some order; the process is killed after `most` answers. The list has the numbers that were scored."""
    made: list[int] = []

    def score(questions: Sequence[Question]) -> Iterator[tuple[Question, Answer]]:
        asked = list(questions)
        if order is not None:
            order.shuffle(asked)
        for question in asked:
            if most is not None and len(made) >= most:
                raise KeyboardInterrupt
            made.append(question.number)
            yield question, worth(question)

    return score, made


def found(folder: Path, score: Score | None = None, **changes: Any) -> Found:
    return search(wanted(**changes), Journal(folder / "journal.log", "net", higher=True), score or scoring()[0])


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(order=st.randoms(use_true_random=False), killed=st.integers(0, 12))
def test_neither_order_nor_a_kill_changes_the_list(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random, killed: int
) -> None:
    whole = found(tmp_path_factory.mktemp("whole"))
    folder = tmp_path_factory.mktemp("killed")
    score, before = scoring(order, killed)
    if killed < 12:
        with pytest.raises(KeyboardInterrupt):
            found(folder, score)
    score, after = scoring()
    assert found(folder, score) == whole
    assert sorted([*before, *after]) == list(range(12))  # nothing is made twice


def test_more_trials_begin_with_those_there_are(tmp_path: Path) -> None:
    few, (score, made) = found(tmp_path, trials=6), scoring()
    more = found(tmp_path, score, trials=11)
    assert more.trials[:4] == few.trials[:4]
    assert [question.parameters for question, _ in more.trials[:6]] == [
        question.parameters for question, _ in few.trials
    ]
    assert made == [6, 7, 8, 9, 10]


def test_the_first_trial_is_the_yaml_as_it_stands(tmp_path: Path) -> None:
    (first, answer), *others = found(tmp_path).trials
    assert (first.parameters, answer.value) == ({}, pytest.approx(-0.02))
    assert all(question.parameters.keys() == SPACE.keys() for question, _ in others)
    for question, _ in others:
        assert 0.001 <= question.parameters["lr"] <= 1.0
        assert question.parameters["depth"] in range(1, 7)
        assert question.parameters["hidden"] in ([8], [8, 8], None)


@pytest.mark.slow
def test_another_seed_or_sampler_tries_other_values(tmp_path: Path) -> None:
    lists = [
        [question.parameters for question, _ in found(tmp_path / name, trials=28, **changes).trials]
        for name, changes in {"a": {}, "b": {"seed": 4}, "c": {"sampler": "random"}}.items()
    ]
    assert all(one != other for one in lists for other in lists if one is not other)


def test_what_was_learnt_is_used(tmp_path: Path) -> None:
    late = [question.parameters["lr"] for question, _ in found(tmp_path, trials=40).trials[28:]]
    assert sum(0.01 <= lr <= 0.25 for lr in late) > len(late) / 2


def test_a_grid_is_gone_through_in_order_and_ends(tmp_path: Path) -> None:
    space = {"depth": Range(low=1, high=3), "hidden": Range(choices=((8,), None))}
    made = found(tmp_path, space=space, sampler="grid", trials=20)
    assert made.stopped == "every point of the grid was tried"
    assert [question.parameters for question, _ in made.trials] == [
        {},
        *({"depth": depth, "hidden": hidden} for depth in (1, 2, 3) for hidden in ([8], None)),
    ]


def test_time_ends_a_search_before_a_round(tmp_path: Path) -> None:
    rounds = iter([False, True])
    made = search(wanted(), Journal(tmp_path / "j", "net", higher=True), scoring()[0], late=lambda: next(rounds))
    assert (len(made.trials), made.stopped) == (8, "time is over")


def test_a_line_that_was_only_begun_is_cut_off(tmp_path: Path) -> None:
    whole, path = found(tmp_path), tmp_path / "journal.log"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]) + lines[-2][: len(lines[-2]) // 2])
    (tmp_path / "journal.log.lock").symlink_to("nobody")
    score, made = scoring()
    assert found(tmp_path, score) == whole
    assert made == [10, 11]


def test_a_journal_that_was_edited_is_refused(tmp_path: Path) -> None:
    found(tmp_path)
    path = tmp_path / "journal.log"
    path.write_bytes(path.read_bytes().replace(b'"op_code"', b'"op_cod"', 1))
    with pytest.raises(IntegrityError) as caught:
        found(tmp_path)
    assert (caught.value.message, caught.value.hint) == ("journal.log of a search is damaged", f"delete {path}")


def test_trials_are_held_against_the_rounds_before_alone(tmp_path: Path) -> None:
    earlier: list[int] = []

    def score(questions: Sequence[Question]) -> Iterator[tuple[Question, Answer]]:
        for question in questions:
            earlier.append(len(question.earlier))
            yield question, worth(question)

    found(tmp_path, score, ladder=Ladder(pruner="halving", least=1, most=9), trials=10)
    assert earlier == [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]
