"""Greedy selection: what is kept, what a budget allows, how equals are decided."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops.blocks.ensemble import Ensemble
from mlops.ml.training.greedy import Cost, allows, mean, select

ANY = Ensemble(members=8, draws=30)


def by_error(truth: np.ndarray) -> object:
    return lambda score: (-float(((score - truth) ** 2).mean().round(12)), 0.0)


def test_two_models_that_err_to_both_sides_are_better_together() -> None:
    truth = np.zeros(4)
    scores = [truth + 1, truth - 3, truth + 5]
    assert select(scores, by_error(truth), [Cost()] * 3, ANY) == (3, 1, 0)


def test_a_model_that_is_right_stays_alone() -> None:
    truth = np.arange(4.0)
    assert select([truth + 1, truth], by_error(truth), [Cost()] * 2, ANY) == (0, 1)


def test_of_equals_the_smaller_is_drawn_and_then_the_first() -> None:
    truth = np.zeros(3)
    same = [truth + 1, truth + 1, truth + 1]
    assert select(same, by_error(truth), [Cost(9), Cost(5), Cost(7)], ANY) == (0, 1, 0)
    assert select(same, by_error(truth), [Cost(5)] * 3, ANY) == (1, 0, 0)


def test_what_the_budget_has_no_room_for_is_left_out() -> None:
    truth = np.zeros(3)
    scores, costs = [truth + 1, truth - 1, truth - 1.5], [Cost(4, 10), Cost(9, 10), Cost(3, 90)]
    assert select(scores, by_error(truth), costs, ANY) == (1, 1, 0)
    assert select(scores, by_error(truth), costs, Ensemble(draws=30, megabytes=8e-6)) == (3, 0, 2)
    assert select(scores, by_error(truth), costs, Ensemble(megabytes=8e-6, operations=50)) == (1, 0, 0)
    assert select(scores, by_error(truth), costs, Ensemble(megabytes=2e-6)) == (0, 0, 0)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 5), st.integers(5, 20))
def test_no_single_model_is_better_on_the_rows_that_chose_and_no_budget_is_broken(
    seed: int, models: int, members: int, draws: int
) -> None:
    random = np.random.default_rng(seed)
    truth = random.standard_normal(12)
    scores = [truth + random.standard_normal(12) for _ in range(models)]
    costs = [Cost(int(random.integers(1, 9)), int(random.integers(1, 9))) for _ in range(models)]
    budget = Ensemble(members=members, draws=draws, megabytes=30e-6, operations=30)
    judge = by_error(truth)
    counts = select(scores, judge, costs, budget)
    assert allows(budget, counts, costs)
    assert judge(mean(counts, scores)) >= max(judge(score) for score in scores)


@given(st.permutations(range(4)))
def test_the_order_of_models_changes_nothing(order: list[int]) -> None:
    random = np.random.default_rng(7)
    truth = random.standard_normal(20)
    scores = [truth + random.standard_normal(20) for _ in range(4)]
    costs = [Cost(place + 1) for place in range(4)]
    straight = select(scores, by_error(truth), costs, ANY)
    turned = select([scores[at] for at in order], by_error(truth), [costs[at] for at in order], ANY)
    assert tuple(turned[order.index(at)] for at in range(4)) == straight
