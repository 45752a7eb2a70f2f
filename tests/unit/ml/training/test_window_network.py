"""NLinear and DLinear: graphs that answer as they do, what they begin as, and a horizon of each row's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mlops.blocks.column_group import Group, Layout
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import attribute
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.slow import slow
from mlops.ml.training.trained_by import of_network
from mlops.ml.training.window_network import Lines, moving_average
from tests.builders.training import NOWHERE, RMSE, session

pytestmark = pytest.mark.slow

NAMES = ("y_back_1", "y_back_2", "y_back_3", "y_horizon", "y_season", "heat_seen_1", None)
LAYOUT = Layout((Group("numbers", (0, 1, 2, 3, 4, 5), (6,)), Group("onehot", (6,), (1,))))
HORIZONS = (1, 6, 24)
KINDS = ("nlinear", "dlinear")


def series(rows: int = 600) -> Examples:
    """A target that is its last value, moved by the last step as far as the row looks ahead, and by a covariate."""
    random = np.random.default_rng(0)
    past = 500 + random.normal(0, 40, (2 * rows, 3)).cumsum(axis=1)
    ahead, heat = random.choice(HORIZONS, 2 * rows), random.normal(20, 5, 2 * rows)
    share = np.select([ahead == 1, ahead == 6], [0.8, 0.3], -0.5)
    y = past[:, 0] + share * (past[:, 0] - past[:, 1]) + 4 * (heat - 20) + random.normal(0, 1, 2 * rows)
    x = np.column_stack([past, ahead, past[:, 2] + 5, heat, random.integers(0, 2, 2 * rows)]).astype(np.float32)
    return Examples(x[:rows], y[:rows].astype(np.float32), x[rows:], y[rows:].astype(np.float32))


def learn(kind: str, data: Examples, **more: Any) -> Any:
    problem = Problem("regression", (7,), numbers=NAMES, layout=LAYOUT)
    asked = {"lr": 0.02} | {key: value for key, value in more.items() if key != "max_epochs"}
    epochs = more.get("max_epochs", 3)
    return candidates.build("a", Asked(kind=kind, **asked), problem, NOWHERE).fit(
        data, session(RMSE, max_epochs=epochs)
    )


def anything(rows: int = 10_000) -> np.ndarray[Any, Any]:
    """Rows of training's range, missing numbers, and those as large as they go; horizons that nobody learnt."""
    random = np.random.default_rng(1)
    largest = float(np.finfo(np.float32).max)
    usual = np.column_stack(
        [random.normal(500, 80, (rows, 3)), random.integers(0, 40, rows), random.normal(0, 900, (rows, 3))]
    )
    odd = random.choice(np.float32([np.nan, largest, -largest, 0.0, 1e-45]), (rows, 7))
    found = np.where(random.random((rows, 7)) < 0.2, odd, usual).astype(np.float32)
    found[:, 6] = random.integers(0, 2, rows)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_answers_as_the_network_does_and_its_bytes_are_the_same_again(kind: str) -> None:
    data = series()
    fitted = learn(kind, data)
    graph, spread = fitted.export(), float(data.train_y.std())
    for rows in (data.train_x, anything()):
        answers = fitted.predict(rows)
        assert np.isfinite(answers).all()
        assert (np.abs(answers - export.run(graph, rows)) / np.maximum(spread, np.abs(answers))).max() < 1e-5
    assert graph == learn(kind, data).export()


def test_nlinear_begins_as_the_naive_forecast_and_learns_a_line_for_each_horizon() -> None:
    data = series()
    begun = learn("nlinear", data, lr=1e-12, max_epochs=1)
    assert begun.predict(data.validation_x) == pytest.approx(data.validation_x[:, 0], rel=1e-5)
    fitted = learn("nlinear", data, lr=0.05, max_epochs=30)
    off = np.abs(fitted.predict(data.validation_x) - data.validation_y)
    naive = np.abs(data.validation_x[:, 0] - data.validation_y)
    for horizon in HORIZONS:
        here = data.validation_x[:, 3] == horizon
        assert off[here].mean() < 0.25 * naive[here].mean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_horizon_that_nobody_learnt_is_answered_as_the_nearest(kind: str) -> None:
    data = series()
    fitted, rows = learn(kind, data), np.repeat(data.validation_x[:1], 6, axis=0)
    rows[:, 3] = [1, 3, 6, 14, 24, 90]
    one, near, six, between, last, beyond = fitted.predict(rows).tolist()
    assert (one, six, last) == (near, between, beyond)
    assert len({one, six, last}) == 3


def test_a_row_gets_the_output_of_its_own_horizon() -> None:
    lines = Lines(1, 2)
    with torch.no_grad():
        lines.linear.weight.copy_(torch.tensor([[1.0], [10.0]]))
    assert lines(torch.ones(2, 1), torch.eye(2)).flatten().tolist() == [1.0, 10.0]


def test_a_moving_average_of_one_period_is_the_window_and_of_many_its_ends() -> None:
    assert (moving_average(4, 1) == np.eye(4)).all()
    assert moving_average(5, 25).sum(axis=1) == pytest.approx(1)
    values = np.array([1.0, 4.0, 7.0])
    assert moving_average(3, 3) @ values == pytest.approx([2, 4, 6])


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_quick_enough_to_be_trained_at_every_origin_of_a_backtest(kind: str) -> None:
    problem = Problem("regression", (7,), numbers=NAMES, layout=LAYOUT)
    assert not slow(candidates.build("a", Asked(kind=kind), problem, NOWHERE))


@pytest.mark.parametrize("kind", KINDS)
def test_shares_of_columns_add_up(kind: str) -> None:
    data = series(200)
    found = attribute(learn(kind, data), data.validation_x[:20], data.train_x)
    assert found.gap < 0.02
    assert found.values.shape == (20, 7)


def test_one_process_is_told_where_one_trains_it_however_many_there_are() -> None:
    problem = Problem("regression", (7,), numbers=NAMES, layout=LAYOUT)
    candidate = candidates.build("a", Asked(kind="nlinear"), problem, NOWHERE)
    fitted = candidate.fit(series(60), session(RMSE, max_epochs=1, devices=2))
    assert of_network(fitted, "devices") == 1
