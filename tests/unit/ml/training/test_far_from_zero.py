"""A target far from 0, whose neighbours float32 takes for the same: answers are right to a share of its spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.model import OnnxModel
from mlops.errors import IntegrityError
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem, Scale
from tests.builders.exporting import one_table_of_operators
from tests.builders.training import NOWHERE, RMSE, binary, session
from tests.conftest import ROOT

FAR = 1.7e9


def far(rows: int = 200, spread: float = 100.0) -> Examples:
    found, noise = binary(rows), np.random.default_rng(4)

    def target(x: Any) -> Any:
        return FAR + spread * x[:, 0].astype(np.float64) + 0.1 * spread * noise.standard_normal(len(x))

    return Examples(found.train_x, target(found.train_x), found.validation_x, target(found.validation_x))


@given(st.floats(-1e12, 1e12), st.floats(1e-3, 1e6))
def test_a_target_comes_back_to_a_millionth_of_its_spread(centre: float, spread: float) -> None:
    y = centre + spread * np.linspace(-2, 2, 41)
    scale = Scale.of("regression", y)
    assert np.abs(scale.up(scale.down(y)).astype(np.float64) - y).max() <= 3e-5 * max(
        y.std(), np.spacing(abs(centre)) * 1e5
    )


def test_a_target_near_0_is_answered_in_float32() -> None:
    scale = Scale.of("regression", np.array([151.0, 75.0, 141.0]))
    assert not scale.wide
    assert scale.up(scale.down(np.array([151.0]))).dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        Asked(kind="linear"),
        Asked(kind="gradient_boosting", trees=50),
        Asked(kind="lightgbm", trees=50, min_leaf=5),
        Asked(kind="xgboost", trees=50),
        Asked(kind="random_forest", trees=20),
        Asked(kind="mlp", hidden=[8]),
    ],
    ids=lambda asked: asked.kind,
)
def test_every_kind_answers_seconds_since_1970(asked: Asked) -> None:
    examples = far()
    problem = Problem.of("regression", examples)
    with one_table_of_operators():
        fitted = candidates.build("far", asked, problem, NOWHERE).fit(examples, session(RMSE, max_epochs=40))
        graph = fitted.export()
    scores = fitted.predict(examples.validation_x)
    answers = OnnxModel(graph).score(examples.validation_x)
    assert scores.dtype == answers.dtype == np.float64
    spread = examples.train_y.std()
    assert np.abs(answers - scores).max() <= 1e-4 * spread
    assert len(np.unique(np.diff(np.sort(answers))[:20])) > 5  # no steps of 128
    assert np.sqrt(np.mean((answers - examples.validation_y) ** 2)) < 0.8 * spread


def test_a_graph_that_is_off_by_a_hundredth_of_the_spread_is_refused() -> None:
    examples = far()
    linear = candidates.build("far", Asked(kind="linear"), Problem.of("regression", examples), NOWHERE)
    with one_table_of_operators():
        fitted = linear.fit(examples, session(RMSE))
        graph = fitted.export()
    scale, scores = Scale.of("regression", examples.train_y), fitted.predict(examples.validation_x)
    assert export.check_parity("far", graph, examples.validation_x, scores, scale) < 1e-5
    with pytest.raises(IntegrityError):
        export.check_parity("far", graph, examples.validation_x, scores + 0.05 * scale.deviation, scale)


def test_the_table_that_was_reported_is_learnt() -> None:
    """Seconds since 1970 with noise of 20: R² was .86 of .96, and answers went by steps of 128."""
    rows = pl.read_parquet(ROOT / "tests/cases/13-float32-target/offset.parquet")
    x, y = rows.select("x", "z").to_numpy().astype(np.float32), rows["t"].to_numpy()
    half = len(y) // 2
    examples = Examples(x[:half], y[:half], x[half:], y[half:])
    linear = candidates.build("far", Asked(kind="linear"), Problem.of("regression", examples), NOWHERE)
    scores = linear.fit(examples, session(RMSE)).predict(examples.validation_x)
    assert 1 - np.mean((scores - y[half:]) ** 2) / y[half:].var() > 0.95
