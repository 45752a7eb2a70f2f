import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlops.documents.data import Spread
from mlops.ml.data import profile


def test_a_profile_hides_values_and_small_groups():
    values = pl.Series("x", ["common"] * 100 + ["usual"] * 60 + ["rare"] * 5)
    hidden, shown = (profile.profile(values, "category", public=public) for public in (False, True))
    assert shown == Spread(levels={"common": 100, "*": 65})  # five rows alone could not hide
    assert hidden == Spread(levels={profile.digested("common"): 100, "*": 65})
    assert profile.between(hidden, shown) == pytest.approx({"chi_square": 0, "jensen_shannon": 0, "psi": 0})


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000) | st.floats(0, 50), min_size=1, max_size=300))
def test_no_bin_holds_fewer_than_twenty_rows(values):
    found = profile.profile(pl.Series("x", [float(value) for value in values]), "float")
    assert found is None or min(found.counts) >= profile.LEAST_BEHIND
    assert found is None or sum(found.counts) == len(values)


def test_a_shift_is_seen_from_the_profile_and_no_shift_is_not():
    draw = np.random.default_rng(6)
    reference = profile.profile(pl.Series(draw.normal(0, 1, 5_000)), "float")
    same, moved = (pl.Series("x", draw.normal(mean, 1, 5_000)) for mean in (0, 1))
    assert profile.compare(reference, same, "float")["psi"] < 0.02
    found = profile.compare(reference, moved, "float")
    assert found["psi"] > 0.5
    assert found["ks"] == pytest.approx(stats.norm.cdf(0.5) - stats.norm.cdf(-0.5), abs=0.03)


def test_profiles_with_other_edges_are_laid_over_each_other():
    draw = np.random.default_rng(7)
    one, two = (profile.profile(pl.Series(draw.normal(mean, 1, 20_000)), "float") for mean in (0, 0.02))
    assert one.edges != two.edges
    assert profile.between(one, two)["psi"] < 0.01
    far = profile.profile(pl.Series(draw.normal(1, 1, 20_000)), "float")
    assert profile.between(one, far)["psi"] > 0.3
