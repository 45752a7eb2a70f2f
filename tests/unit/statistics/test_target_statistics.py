"""Averages of outcomes by level, and those of rows before a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.statistics.target_statistics import PRIOR, means, ordered

SEEDS = st.integers(0, 2**31)


def drawn(seed: int, rows: int = 40, levels: int = 6) -> Any:
    """Levels (-1: none), outcomes, an order and weights of mean 1."""
    random = np.random.default_rng(seed)
    weights = random.uniform(0.2, 3, rows)
    return (
        random.integers(-1, levels, rows),
        random.normal(size=rows),
        random.permutation(rows),
        weights / weights.mean(),
    )


@given(SEEDS)
def test_a_row_is_told_the_rows_before_it_and_no_others(seed: int) -> None:
    codes, y, order, weights = drawn(seed)
    told, prior = ordered(codes, y, order, weights), np.average(y, weights=weights)
    for position, row in enumerate(order):
        before = [each for each in order[:position] if codes[each] == codes[row] >= 0]
        expected = (weights[before] @ y[before] + PRIOR * prior) / (weights[before].sum() + PRIOR)
        assert told[row] == pytest.approx(expected, abs=1e-12)


@given(SEEDS)
def test_the_last_row_of_a_level_but_for_itself_is_told_what_is_served(seed: int) -> None:
    codes, y, order, weights = drawn(seed)
    served, prior = means(codes, 6, y, weights), np.average(y, weights=weights)
    told = ordered(codes, y, order, weights)
    for level in set(codes.tolist()) - {-1}:
        last = [row for row in order if codes[row] == level][-1]
        rows = weights[codes == level].sum()
        added = told[last] * (rows - weights[last] + PRIOR) + weights[last] * y[last]
        assert added / (rows + PRIOR) == pytest.approx(served[level], abs=1e-12)
    assert served[sorted(set(range(6)) - set(codes.tolist()))] == pytest.approx(prior)


@given(SEEDS)
def test_a_weight_of_two_is_two_rows(seed: int) -> None:
    codes, y, *_ = drawn(seed)
    twice = np.where(np.arange(len(y)) % 3 == 0, 2.0, 1.0)
    copies = np.repeat(np.arange(len(y)), twice.astype(int))
    share = twice / twice.mean()
    ours, theirs = means(codes, 6, y, share), means(codes[copies], 6, y[copies])
    weight = np.bincount(codes[codes >= 0], twice[codes >= 0], minlength=6)
    prior = np.average(y, weights=twice)
    # the prior counts as ten rows of average weight, whatever rows are measured by
    sums = (theirs * (weight + PRIOR) - PRIOR * prior) / twice.mean()
    assert ours == pytest.approx((sums + PRIOR * prior) / (weight / twice.mean() + PRIOR), abs=1e-12)


def test_what_has_no_level_is_told_the_average() -> None:
    told = ordered(np.array([-1, -1, 0]), np.array([3.0, 0.0, 0.0]), np.array([0, 1, 2]))
    assert told == pytest.approx([1.0, 1.0, 1.0])
