from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from mlops.blocks.number_embedding import Periodic, Piecewise
from mlops.ml.training import number_input
from mlops.ml.training.number_embeddings import PiecewiseLinear, numbers
from mlops.ml.training.number_input import NumberInput

pytestmark = pytest.mark.slow

COLUMNS = npst.arrays(
    np.float32,
    st.tuples(st.integers(1, 30), st.integers(1, 3)),
    elements=st.floats(-100, 100, width=32) | st.just(float("nan")) | st.integers(-3, 3).map(float),
)


def encoded(x: float, edges: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Piecewise-linear encoding as in the paper: of each piece the share below x; the outer two go on."""
    share = (x - edges[:-1]) / np.diff(edges)
    low, high = np.zeros(len(share)), np.ones(len(share))
    low[0], high[-1] = -np.inf, np.inf
    return np.clip(share, low, high)


@settings(max_examples=40, deadline=None)
@given(x=COLUMNS, bins=st.integers(1, 8), seed=st.integers(0, 99))
def test_the_broken_line_is_the_papers_encoding_times_a_matrix(x: Any, bins: int, seed: int) -> None:
    edges = number_input.quantiles(x, bins)
    torch.manual_seed(seed)
    layer = PiecewiseLinear(edges, 2)
    torch.nn.init.normal_(layer.rise)
    layer.slope.data.zero_(), layer.start.data.zero_()
    asked = np.nan_to_num(x) * 2
    found = layer(torch.from_numpy(asked), torch.zeros(x.shape)).detach().double().numpy()
    for column, each in enumerate(edges):
        rise = layer.rise[column, : len(each) - 1].detach().double().numpy()
        wide = each.astype(np.float64)
        wanted = np.array([encoded(float(value), wide) @ rise for value in asked[:, column]])
        size = np.array([np.abs(encoded(float(value), wide)) @ np.abs(rise) for value in asked[:, column]])
        steep = np.abs(wide).max() / np.diff(wide).min()
        assert (np.abs(found[:, column] - wanted) <= 1e-5 * (1 + size + steep)).all()


@settings(max_examples=40, deadline=None)
@given(x=COLUMNS, bins=st.integers(1, 8))
def test_edges_ascend_from_the_least_to_the_greatest_and_are_not_more_than_asked_for(x: Any, bins: int) -> None:
    for column, edges in enumerate(number_input.quantiles(x, bins)):
        known = x[:, column][~np.isnan(x[:, column])]
        assert (np.diff(edges) > 0).all()
        assert 2 <= len(edges) <= bins + 1
        if len(known):
            assert edges[0] == known.min()
            assert edges[-1] >= known.max()


def test_edges_of_a_target_are_where_it_moves() -> None:
    x = np.linspace(0, 1, 400, dtype=np.float32).reshape(-1, 1)
    y = (x[:, 0] > 0.9).astype(np.int64)
    edges = number_input.by_target(x, y, 2, "binary")[0]
    assert edges == pytest.approx([0.0, 0.9, 1.0], abs=0.01)


@settings(max_examples=30, deadline=None)
@given(x=COLUMNS, far=st.floats(1e3, 3e38), kind=st.sampled_from(["none", "piecewise", "periodic"]))
def test_beyond_ten_ranges_all_numbers_are_alike(x: Any, far: float, kind: str) -> None:
    asked = {"piecewise": Piecewise(kind="piecewise", bins=3, size=2), "periodic": Periodic(kind="periodic", size=2)}
    torch.manual_seed(0)
    layer = numbers(x, np.zeros(len(x)), "regression", asked.get(kind))
    given_ = NumberInput.of(x)
    for sign, edge in ((1.0, given_.high), (-1.0, given_.low)):
        there = layer(torch.full((1, x.shape[1]), sign * max(far, 2_500.0)))
        infinite = layer(torch.full((1, x.shape[1]), sign * float("inf")))
        at = layer(torch.from_numpy(edge).unsqueeze(0))
        assert torch.equal(there, at)
        assert torch.equal(infinite, at)
        assert torch.isfinite(at).all()


def test_a_missing_number_has_a_value_that_is_learnt_where_training_had_any_and_is_the_mean_elsewhere() -> None:
    x = np.array([[1.0, 1.0], [np.nan, 3.0], [3.0, 5.0]], dtype=np.float32)
    layer = numbers(x, np.zeros(3), "regression", None)
    assert layer.missing is not None
    layer.missing.data[:] = 7.0
    answers = layer(torch.tensor([[float("nan"), float("nan")]]))
    assert answers.tolist() == [[7.0, 0.0]]


def test_a_column_without_a_number_is_nothing() -> None:
    x = np.full((3, 1), np.nan, dtype=np.float32)
    for asked in (None, Piecewise(kind="piecewise", size=1), Piecewise(kind="piecewise", size=1, edges="target")):
        layer = numbers(x, np.zeros(3), "regression", asked)
        assert torch.isfinite(layer(torch.tensor([[1e9], [float("nan")]]))).all()
