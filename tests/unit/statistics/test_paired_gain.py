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


def test_where_rows_do_not_tell_nothing_is_better() -> None:
    found = gain(3, lambda rows: math.nan if len(set(rows)) < 3 else 1.0, 50, 0)
    assert math.isnan(found.error)
    assert (found.sure, Gain(1.0, math.nan).sure) == (False, False)
