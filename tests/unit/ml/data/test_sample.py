"""A sample is of the rows that are meant, on every machine, and what is searched in it says so."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.data import leak_search, preprocessing_leaks, preprocessing_signs, profile, sample
from mlops.ml.data.contract import Contract
from mlops.ml.data.parquet import ROW
from mlops.ml.data.suspect import Suspect
from mlops.ml.data.target import Target

PLACES = [14, 16, 777, 872]
SPOTS = [188000, 214210, 278821, 493369]
DRAW = np.random.default_rng(11)
ROWS, FEW = 6_000, 1_500


def numbered(rows: int) -> pl.DataFrame:
    return pl.DataFrame({ROW: range(rows), "x": range(rows)})


def test_these_rows_never_change() -> None:
    """Others would be searched on another machine, or tomorrow."""
    assert sample.places(pl.Series(range(1_000)), 4, seed=0).tolist() == PLACES
    assert sample.spots(1_000_000, 4).tolist() == SPOTS


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 9), st.randoms(use_true_random=False))
def test_a_sample_is_of_the_same_rows_in_whatever_order_they_stand(rows, most, seed, random):
    order = random.sample(range(rows), rows)
    drawn, other = (sample.draw(table, most, seed) for table in (numbered(rows), numbered(rows)[order]))
    assert sorted(other.rows[ROW]) == drawn.rows[ROW].to_list()
    assert drawn.rows.height == min(rows, most)
    assert drawn.whole == (rows <= most)
    assert other.rows.rows() == [row for row in numbered(rows)[order].rows() if row[0] in set(drawn.rows[ROW])]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 9))
def test_a_smaller_sample_lies_within_a_larger_one(fewer, more, seed):
    small, large = (set(sample.places(pl.Series(range(400)), most, seed)) for most in sorted((fewer, more)))
    assert small <= large


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9), st.integers(1, 300))
def test_spots_are_places_each_once(count, most):
    found = sample.spots(count, most)
    assert len(found) <= min(count, most)
    assert sorted(set(found.tolist())) == found.tolist()
    assert not len(found) or (found[0] >= 0 and found[-1] < count)


def fitted_before() -> pl.DataFrame:
    """Columns that were fitted on all rows, and others that were not."""
    honest, level = DRAW.normal(5, 3, ROWS), DRAW.integers(0, 40, ROWS)
    y = DRAW.random(ROWS) < 0.2 + 0.01 * level
    of_level = np.array([y[level == one].mean() for one in range(40)])
    many = np.bincount(level)
    gaps = DRAW.random(ROWS) < 0.1
    quartiles = np.quantile(honest, [0.25, 0.5, 0.75])
    return pl.DataFrame(
        {
            ROW: range(ROWS),
            "standardised": (honest - honest.mean()) / honest.std(),
            "robust": (honest - quartiles[1]) / (quartiles[2] - quartiles[0]),
            "imputed": np.where(gaps, honest[~gaps].mean(), honest),
            "encoded": of_level[level],
            "smoothed": ((of_level * many + 20 * y.mean()) / (many + 20))[level],
            "honest": honest,
            "useful": y + DRAW.normal(0, 2, ROWS),
            "age": DRAW.integers(18, 90, ROWS),
            "price": np.round(DRAW.lognormal(3, 1, ROWS), 1),
            "y": y,
        }
    )


TABLE = fitted_before()
PLANTED = ["standardised", "robust", "imputed", "encoded", "smoothed"]
KINDS = {name: "int" if name == "age" else "float" for name in TABLE.columns if name not in (ROW, "y")}
GOAL = Target("y", "binary", "bool", (False, True))


def test_what_was_fitted_on_all_rows_shows_in_a_sample_and_nothing_else_does() -> None:
    suspects = [Suspect(name, kind) for name, kind in KINDS.items()]
    drawn = sample.draw(TABLE, FEW)
    assert [suspect.name for suspect in preprocessing_signs.likely(drawn, GOAL, suspects)] == PLANTED
    assert [check.column for check in preprocessing_leaks.find(TABLE, GOAL, suspects)] == PLANTED


@pytest.mark.slow
def test_a_search_of_a_sample_finds_what_one_of_all_rows_does_and_says_so() -> None:
    contract = Contract(task="binary", target="y")
    leaking = TABLE.select(ROW, *KINDS, "y", pl.col("y").cast(pl.Float64).alias("again"))
    kinds = {**KINDS, "again": "float"}
    found = {
        most: leak_search.search(sample.draw(leaking, most, seed=3), GOAL, kinds, list(kinds), (), contract)
        for most in (ROWS, FEW)
    }
    assert [(check.name, check.column) for check in found[FEW]] == [(check.name, check.column) for check in found[ROWS]]
    (whole, *_), (few, *_) = found[ROWS], found[FEW]
    assert whole.message == "`again` gives the target away: it is `y` under another name"
    assert few.message == f"{whole.message}; found among 1,500 of 6,000 rows, drawn with seed 3"


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=60, max_size=300), st.integers(0, 9))
def test_a_profile_of_many_values_counts_all_of_them(values, scale):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sample, "MOST", 50)
        found = profile.profile(pl.Series("x", [value * 10.0**-scale for value in values]), "float")
    if found is not None:
        assert sum(found.counts) == len(values)
        assert min(found.counts) >= profile.LEAST_BEHIND
