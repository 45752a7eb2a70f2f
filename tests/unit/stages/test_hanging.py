"""The few columns that a model hangs on where it is too good to be true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlops.ml.training.problem import Examples
from mlops.stages.hanging import judge

pytestmark = pytest.mark.slow

NAMES = tuple(f"c{place}" for place in range(30))
ROWS = 600


def table(weights: Any, noise: float = 0.0, shift: float = 0.0) -> tuple[Examples, Any]:
    """Thirty columns, and the model that knows how they make the class."""
    draw = np.random.default_rng(4)
    x = draw.normal(size=(2 * ROWS, 30))
    y = draw.integers(0, 2, len(x)) if shift else (x @ weights + noise * draw.normal(size=len(x)) > 0).astype(int)
    x = (x + shift * y[:, None] * (np.asarray(weights) != 0)).astype(np.float32)
    examples = Examples(x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:])
    return examples, lambda rows: 1 / (1 + np.exp(-(rows @ weights - shift * np.sum(weights) / 2)))


def weights(**places: float) -> Any:
    return np.array([places.get(name, 0.0) for name in NAMES])


def test_an_ordinary_model_is_not_looked_at() -> None:
    examples, predict = table(weights(c0=1, c1=1), noise=1.0)
    assert judge(examples, NAMES, "binary", predict) is None


def test_the_columns_behind_a_perfect_model_are_named() -> None:
    examples, predict = table(weights(c3=1, c8=-2))
    found = judge(examples, NAMES, "binary", predict)
    assert found is not None
    assert sorted(found.columns) == ["c3", "c8"]
    assert (found.measure, found.value, found.rows) == ("AUROC", 1.0, ROWS)


def test_a_model_of_many_columns_hangs_on_none() -> None:
    examples, predict = table(np.ones(30), shift=1.2)
    found = judge(examples, NAMES, "binary", predict)
    assert found is not None
    assert found.value > 0.999
    assert found.columns == ()


def test_a_leak_that_no_line_and_no_small_tree_shows_is_found_by_what_is_left_without_it() -> None:
    draw = np.random.default_rng(9)
    x = draw.normal(size=(2 * ROWS, 30)).astype(np.float32)
    y = ((x[:, 2] > 0) ^ (x[:, 5] > 0)).astype(int)
    examples = Examples(x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:])
    found = judge(examples, NAMES, "binary", lambda rows: ((rows[:, 2] > 0) ^ (rows[:, 5] > 0)).astype(float))
    assert found is not None
    assert {"c2", "c5"} <= set(found.columns)
    assert found.how == "without that, the other columns keep less than half of its lead over the dummy"
