"""Choosing the best of several on the rows that measure it flatters it: by how much."""

from __future__ import annotations

import numpy as np

from mlops.statistics.selection_optimism import measured_apart


def test_of_models_that_know_nothing_the_best_is_worth_nothing_on_other_rows() -> None:
    right = np.random.default_rng(0).integers(0, 2, (20, 200))

    def worth(model: int, rows: np.ndarray) -> float:
        return float(right[model][rows].mean())

    best = max(worth(model, np.arange(200)) for model in range(20))
    apart = measured_apart(200, 20, worth, 200, 1)
    assert apart is not None
    assert best > 0.56
    assert apart < best - 0.02


def test_over_many_draws_it_comes_near_to_what_the_chosen_is_worth() -> None:
    """Twenty models that are right half of the time: the best seems to be better, the estimate is about right."""
    said, seemed = [], []
    for seed in range(20):
        right = np.random.default_rng(seed).integers(0, 2, (20, 100))
        worth = lambda model, rows, right=right: float(right[model][rows].mean())  # noqa: E731
        seemed.append(max(worth(model, np.arange(100)) for model in range(20)))
        said.append(measured_apart(100, 20, worth, 20, seed) or 0)
    assert np.mean(seemed) > 0.57
    assert abs(float(np.mean(said)) - 0.5) < 0.5 * (float(np.mean(seemed)) - 0.5)


def test_one_that_is_plainly_better_is_hardly_flattered() -> None:
    right = np.stack([np.arange(300) % 10 > 0, np.arange(300) % 2 > 0])
    apart = measured_apart(300, 2, lambda model, rows: float(right[model][rows].mean()), 50, 0)
    assert apart is not None
    assert abs(apart - 0.9) < 0.01


def test_rows_that_do_not_tell_are_passed_over() -> None:
    assert measured_apart(5, 2, lambda *_: float("nan"), 5, 0) is None
