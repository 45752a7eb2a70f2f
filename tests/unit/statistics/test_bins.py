"""One column, one set of bins: the check of the data and the monitor see the same shift of it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.recipe import Recipe
from mlops.ml.data import profile as data
from mlops.monitor import drift as monitor
from mlops.stages import profile as bundle
from mlops.statistics import bins

RECIPE = Recipe.model_validate(
    {
        "schema_version": 1,
        "kind": "tabular",
        "task": "binary",
        "target": {"name": "y", "classes": ["a", "b"]},
        "columns": [{"name": "x", "type": "int", "nullable": False}],
    }
)


def by_data(before: np.ndarray, after: np.ndarray) -> float:
    """What `data.drift` says: the new column against the profile in an accepted reports/data.json."""
    reference = data.profile(pl.Series("x", before), "int")
    assert reference is not None
    return data.compare(reference, pl.Series("x", after), "int")["psi"]


def by_monitor(before: np.ndarray, after: np.ndarray) -> float:
    """What the monitor says: a window against the profile that the bundle carries."""
    described = bundle.profile(pl.DataFrame({"x": before}), RECIPE, np.zeros(4, dtype=np.float32)).columns["x"]
    counted = monitor.numbers(after.astype(np.float64), described, len(before))
    assert counted is not None
    return monitor.measure(counted, "psi")


def poisson(seed: int, rate: float, rows: int, zeros: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(rows) < zeros, 0, rng.poisson(rate, rows))


@pytest.mark.parametrize("zeros", [0.0, 0.3])
@pytest.mark.parametrize("rate", [12, 40, 300])
def test_data_and_monitor_give_one_column_of_whole_numbers_the_same_psi(rate: int, zeros: float) -> None:
    before, after = poisson(1, rate, 5000, zeros), poisson(2, 1.04 * rate, 2000, zeros)
    assert len(np.unique(before)) > 20
    assert by_monitor(before, after) == pytest.approx(by_data(before, after), rel=1e-5)  # shares are kept in six digits
    assert by_monitor(before, after) > 0.01


def test_data_and_monitor_give_one_column_of_texts_the_same_psi() -> None:
    rng = np.random.default_rng(5)
    chances = ((0.4, 0.3, 0.2, 0.1), (0.3, 0.3, 0.2, 0.2))
    before, after = (pl.Series("x", rng.choice(list("abcd"), 3000, p=p)) for p in chances)
    recipe = RECIPE.model_copy(update={"columns": (RECIPE.columns[0].model_copy(update={"type": "category"}),)})
    described = bundle.profile(pl.DataFrame({"x": before}), recipe, np.zeros(4, dtype=np.float32)).columns["x"]
    counted, reference = monitor.texts(after, described, len(before)), data.profile(before, "category")
    assert counted is not None
    assert reference is not None
    assert monitor.measure(counted, "psi") == pytest.approx(data.compare(reference, after, "category")["psi"], rel=1e-5)


@given(
    st.lists(st.integers(-40, 40) | st.just(0), min_size=1, max_size=400),
    st.sampled_from([1, 20]),
    st.sampled_from([3, 6]),
)
def test_no_bin_is_thin_where_it_was_made_and_no_edge_is_a_value(values: list[int], least: int, most: int) -> None:
    column = np.array(values, dtype=np.float64)
    cut = bins.edges(column, most=most, least=least)
    held = np.histogram(column, [-np.inf, *cut, np.inf])[0]
    assert held.min() >= min(least, len(values))
    assert len(held) <= bins.BINS
    assert not set(cut) & set(values)


def test_a_value_that_many_rows_share_ends_its_bin() -> None:
    assert bins.edges(np.array([0.0] * 30 + list(range(1, 71))))[0] == 0.5


def test_a_shift_away_from_the_largest_value_is_seen_though_nearly_all_rows_have_it() -> None:
    rng = np.random.default_rng(3)
    before, after = (np.where(rng.random(2000) < share, rng.random(2000), 1.0) for share in (0.03, 0.3))
    assert by_monitor(before, before) == by_data(before, before) == 0
    assert by_monitor(before, after) == pytest.approx(by_data(before, after), rel=1e-5)
    assert by_monitor(before, after) > 0.25


def test_a_shift_onto_a_common_value_is_seen() -> None:
    before, after = poisson(3, 30, 5000, zeros=0.3), poisson(4, 30, 5000, zeros=0.4)
    assert by_monitor(before, after) == pytest.approx(by_data(before, after), rel=1e-5)
    assert by_monitor(before, after) == pytest.approx(0.1 * np.log(0.4 / 0.3) + 0.1 * np.log(0.7 / 0.6), abs=0.02)
