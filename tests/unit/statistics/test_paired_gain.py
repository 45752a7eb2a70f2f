"""Better than another answer on the same rows, beyond chance: laws, and how often it is said of noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.statistics.paired_gain import Gain, gain


@given(st.floats(0.001, 10), st.integers(0, 2**31))
def test_what_is_better_on_every_row_is_surely_better_and_the_other_way_round_never(size: float, seed: int) -> None:
    assert gain(20, lambda rows: size * float(np.mean(rows < 20)), 20, seed).sure
    assert not gain(20, lambda rows: -size, 20, seed).sure


def test_the_error_is_that_of_the_mean_and_wider_where_parts_chose_for_each_other() -> None:
    values = np.random.default_rng(0).standard_normal(400)
    plain, parted = (
        gain(400, lambda rows: float(values[rows].mean()), 400, 0, parts) for parts in (None, np.arange(400) % 5)
    )
    assert plain.value == parted.value == pytest.approx(values.mean())
    assert plain.error == pytest.approx(values.std() / 20, rel=0.15)
    assert parted.error == pytest.approx(1.5 * plain.error)


def test_the_error_is_that_of_clusters_where_rows_hang_together_and_wider_where_these_are_few() -> None:
    random = np.random.default_rng(1)
    person, day = np.repeat(np.arange(40), 30), np.tile(np.arange(30), 40)
    by_person, by_day, by_row = (random.standard_normal(count) for count in (40, 30, 1_200))
    values = by_person[person] + by_day[day] + by_row
    people, days, rows, both = (
        gain(1_200, lambda rows: float(values[rows].mean()), 200, 0, clusters=by).error
        for by in ((person,), (day,), (), (person, day))
    )
    assert people == pytest.approx(by_person.std() / math.sqrt(40), rel=0.25)
    assert days == pytest.approx(by_day.std() / math.sqrt(30), rel=0.25)
    assert both == pytest.approx(math.sqrt(people**2 + days**2 - rows**2))
    assert 3 * rows < min(people, days)
    assert gain(1_200, lambda rows: float(values[rows].mean()), 200, 0, clusters=(np.arange(1_200),)).error == (
        pytest.approx(rows, rel=0.01)
    )


@given(st.integers(2, 6), st.integers(0, 2**31))
def test_clusters_are_drawn_whole_and_as_many_as_there_are(count: int, seed: int) -> None:
    clusters = np.random.default_rng(seed).permutation(np.repeat(np.arange(count), 3))
    seen: list[bool] = []

    def worth(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        times = np.bincount(rows, minlength=len(clusters))
        seen.append(len(rows) == 3 * count and all(len({*times[clusters == one]}) == 1 for one in range(count)))
        return 0.0

    gain(len(clusters), worth, 4, seed, clusters=(clusters,))
    assert seen == [True] * 5


def test_one_cluster_tells_of_no_other() -> None:
    assert math.isnan(gain(9, lambda rows: 1.0, 20, 0, clusters=(np.zeros(9, dtype=np.int64),)).error)


def test_where_rows_do_not_tell_nothing_is_better() -> None:
    found = gain(3, lambda rows: math.nan if len(set(rows)) < 3 else 1.0, 50, 0)
    assert math.isnan(found.error)
    assert (found.sure, Gain(1.0, math.nan).sure) == (False, False)
