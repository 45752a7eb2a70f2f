"""At a rung the worse end; what a trial is held against was handed to it."""

from __future__ import annotations

from typing import Literal

import pytest

pytest.importorskip("optuna")

from mlops.ml.training.session import Epoch
from mlops.ml.tuning.pruning import Pruned, Watch
from mlops.ml.tuning.trial import Ladder, Question, Rungs


def course(
    values: list[float],
    earlier: tuple[Rungs, ...] = (),
    *,
    higher: bool = True,
    pruner: Literal["hyperband", "halving"] = "halving",
) -> tuple[int | None, Watch]:
    """Let a trial tell of its epochs; gives the one at which it was ended."""
    ladder = Ladder(pruner=pruner, least=1, most=27)
    watch = Watch(
        Question(candidate="net", number=len(earlier), parameters={}, ladder=ladder, higher=higher, earlier=earlier)
    )
    try:
        for number, value in enumerate(values, 1):
            watch(Epoch(number, 1.0, value))
    except Pruned as ended:
        return ended.number, watch
    return None, watch


def rungs_of(*courses: list[float], higher: bool = True) -> tuple[Rungs, ...]:
    return tuple(course(each, higher=higher)[1].rungs for each in courses)


def test_the_worse_end_at_the_first_rung_and_the_best_goes_on() -> None:
    earlier = rungs_of([0.5] * 9, [0.6] * 9, [0.7] * 9)
    assert course([0.4] * 9, earlier)[0] == 1
    assert course([0.8] * 9, earlier)[0] is None


def test_the_best_so_far_counts_and_a_metric_of_which_less_is_better_is_turned() -> None:
    earlier = rungs_of([0.5] * 9, [0.6] * 9, [0.7] * 9, higher=False)
    ended, watch = course([0.4, 9.0, 9.0], earlier, higher=False)
    assert (ended, watch.course) == (None, [(1, 0.4), (2, 0.4), (3, 0.4)])
    assert course([0.9] * 9, earlier, higher=False)[0] == 1


def test_a_rung_that_nobody_came_to_ends_nothing() -> None:
    assert course([0.1] * 27, ({}, {}, {}))[0] is None


def test_where_nothing_is_pruned_nothing_ends() -> None:
    watch = Watch(Question(candidate="net", number=3, parameters={}, earlier=rungs_of([0.9], [0.9], [0.9])))
    for number in range(1, 28):
        watch(Epoch(number, 1.0, 0.0))
    assert watch.rungs == {}


def test_hyperband_ends_trials_too_and_gives_some_more_time() -> None:
    # brackets differ by the number of a trial: some begin at a later rung
    earlier = tuple(rungs_of([0.9] * 27)[0] for _ in range(12))
    ended = {course([0.1] * 27, earlier[:count], pruner="hyperband")[0] for count in range(4, 12)}
    assert len(ended) > 1


def test_a_value_that_is_no_number_is_passed_over() -> None:
    _, watch = course([float("nan"), 0.5])
    assert watch.course == [(2, 0.5)]


def test_what_ended_it_is_told() -> None:
    assert str(Pruned(1200)) == "worse than two thirds of the trials that came as far, after 1,200"


def test_at_its_last_epoch_no_trial_is_ended() -> None:
    earlier = tuple(rungs_of([0.5] * 26 + [0.9])[0] for _ in range(4))
    assert course([0.6] * 27, earlier)[0] is None
