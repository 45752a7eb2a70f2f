"""Sizes against closed forms, p-values against scipy, and what the three conditions of an alarm together promise."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from mlops.configuration.monitor import Drift
from mlops.documents.document import said
from mlops.documents.profile import Levels, Numbers, Profile
from mlops.monitor.drift import Bins, measure, numbers, shifts, texts
from mlops.stages.profile import profile
from tests.builders.bundles import make_frame, make_recipe

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

EDGES = (-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816)
TWENTIETHS = np.quantile(np.random.default_rng(9).normal(size=200_000), np.linspace(0, 1, 21)).tolist()
NORMAL = Numbers(edges=EDGES, shares=(0.1,) * 10, std=1.0, quantiles=tuple(TWENTIETHS))
REFERENCE = 1_000_000


def window(rng: np.random.Generator, rows: int, shift: float = 0.0) -> Bins:
    made = numbers(rng.normal(shift, 1, rows), NORMAL, REFERENCE)
    assert made is not None
    return made


counts = st.lists(st.integers(1, 500), min_size=2, max_size=12)


@given(counts, st.integers(0, 10_000))
def test_sizes_agree_with_scipy_and_are_nothing_for_equal_shares(first: list[int], seed: int) -> None:
    second = np.random.default_rng(seed).integers(1, 500, len(first)).astype(np.float64)
    old = np.array(first, dtype=np.float64)
    for name in ("psi", "jensen_shannon"):
        assert measure(Bins(old, old * 3), name) == pytest.approx(0, abs=1e-9)
    assert measure(Bins(old, second), "jensen_shannon") == pytest.approx(jensenshannon(old, second, base=2), abs=1e-9)
    assert measure(Bins(old, second), "psi") == pytest.approx(measure(Bins(second, old), "psi"))


def test_wasserstein_is_in_standard_deviations() -> None:
    rng = np.random.default_rng(0)
    assert measure(window(rng, 20_000, 0.5), "wasserstein") == pytest.approx(0.5, abs=0.05)


def test_a_column_is_counted_in_the_bins_that_training_left() -> None:
    frame = make_frame(4000).with_columns(age=pl.col("age").round(0))
    recipe = make_recipe(frame)
    from mlops.bundle.transform import Transform

    columns = profile(frame, Transform.parse(recipe).recipe, np.zeros(4, dtype=np.float32)).columns
    for name in ("age", "visits", "insured"):
        known = frame.get_column(name).drop_nulls()
        same = numbers(known.cast(pl.Float64).to_numpy(), columns[name], len(known))
        assert same is not None
        assert np.abs(same.reference - same.window).max() < 0.01, name
    plans = texts(frame.get_column("plan"), columns["plan"], frame.get_column("plan").count())
    assert plans is not None
    assert np.abs(plans.reference - plans.window).max() < 0.01


@pytest.mark.parametrize("name", ["count", "level"])
def test_a_column_of_text_may_have_any_name(name: str) -> None:
    found = texts(pl.Series(name, ["a", "b", "a", None, "z"]), Levels(frequencies={"a": 0.5, "b": 0.5}), 100)
    assert found is not None
    assert found.window.tolist() == [2, 1, 1]


def test_below_the_minimum_window_nothing_is_said() -> None:
    (found,) = shifts({"x": window(np.random.default_rng(0), 499, 3.0)}, Drift())
    assert found.verdict == "insufficient"


def test_without_a_shift_there_is_at_most_one_false_alarm_in_a_month_of_fifty_features() -> None:
    rng, settings, alarms = np.random.default_rng(0), Drift(), 0
    lasting: list[set[str]] = []
    for _ in range(30):
        found = shifts({f"x{index}": window(rng, 500) for index in range(50)}, settings)
        lasting.append({shift.column for shift in found if shift.verdict == "drift"})
        recent = [name for names in lasting[-settings.out_of :] for name in names]
        alarms += sum(recent.count(name) >= settings.windows for name in set(recent))
    assert alarms <= 1


def test_a_tiny_shift_of_a_great_many_rows_is_told_and_alarms_nobody() -> None:
    (found,) = shifts({"x": window(np.random.default_rng(1), 500_000, 0.02)}, Drift())
    assert (found.verdict, found.p_value < 1e-6) == ("small", True)


@pytest.mark.parametrize("name", ["psi", "jensen_shannon", "wasserstein"])
def test_half_a_deviation_is_found_in_every_window(name: str) -> None:
    rng = np.random.default_rng(2)
    settings = Drift.model_validate({"measure": name})
    for _ in range(20):
        pairs = {f"x{index}": window(rng, 1000) for index in range(49)} | {"x": window(rng, 1000, 0.5)}
        assert [shift.column for shift in shifts(pairs, settings) if shift.verdict == "drift"] == ["x"]


def test_the_profile_of_an_earlier_release_is_counted_as_it_was_made() -> None:
    before = np.random.default_rng(3).poisson(40, 5000).astype(np.float64)
    cut = np.unique(np.quantile(before, np.linspace(0, 1, 11)[1:-1]))  # as releases before profiles of version 3 cut
    shares = np.bincount(np.searchsorted(cut, before, side="right"), minlength=len(cut) + 1) / len(before)
    numeric = {"type": "float", "nulls": 0.0, **said(NORMAL), "edges": cut.tolist(), "shares": shares.tolist()}
    text = {"type": "string", "nulls": 0.0, "frequencies": {"edges": 1.0}}
    dated = {"type": "date", "nulls": 0.0, "days": {"edges": [7.0]}, "parts": {"month": {"edges": [7.0]}}}
    columns = {"x": numeric, "edges": text, "d": dated}
    document = {"rows": 5000, "columns": columns, "scores": {"likeliest": {"edges": [7.0]}}}
    earlier = Profile.model_validate({**document, "schema_version": 2})
    assert Profile.parse(earlier.dumps().encode()) == earlier
    read = earlier.between_values
    found = numbers(before, read.columns["x"], len(before))
    assert found is not None
    assert found.window.tolist() == pytest.approx(found.reference.tolist())
    assert read.columns["edges"] == earlier.columns["edges"]
    moved = read.columns["d"]
    assert moved.days is not None
    assert read.scores.likeliest is not None
    assert max(*moved.days.edges, *moved.parts["month"].edges, *read.scores.likeliest.edges) < 7.0
    assert Profile.model_validate({**document, "schema_version": 3}).between_values.columns["x"].edges == tuple(cut)
    assert Profile.model_validate(document).between_values == read.model_copy(update={"schema_version": 1})
    rounded_up = Numbers(edges=(1234570.0, 0.0)).lowered.edges  # of 1234567
    assert (rounded_up[0] < 1234567, rounded_up[1] < 0) == (True, True)
