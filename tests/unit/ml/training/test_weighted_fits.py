"""Rows that count several times are learnt from as that many rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from mlops.errors import ConfigurationError
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.batches import Batches, InOrder
from mlops.ml.training.estimators import EstimatorCandidate
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network
from mlops.ml.training.problem import Examples, Problem, Scale, Task, loss
from mlops.ml.training.session import Fitted
from mlops.statistics.weights import shares
from tests.builders.training import AUROC, NOWHERE, RMSE, binary, needs_catboost, regression, session

pytestmark = pytest.mark.slow


def learn(kind: str, task: Task, data: Examples, **parameters: Any) -> Fitted:
    problem = Problem.of(task, data)
    judge = RMSE if task == "regression" else AUROC
    weighed = replace(judge, compute=lambda y, score, by=None: judge.compute(y, score))
    asked = Asked(kind=kind, **parameters)
    return candidates.build("a", asked, problem, NOWHERE).fit(data, session(weighed))


def weigh(data: Examples, by: np.ndarray[Any, Any]) -> Examples:
    return replace(data, train_w=shares(by), validation_w=np.ones(len(data.validation_y)))


@pytest.mark.parametrize("task", ["binary", "regression"])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_linear_kinds_learn_from_a_weight_of_three_as_from_three_rows(task: Task, seed: int) -> None:
    data = binary(120) if task == "binary" else regression(120)
    by = np.random.default_rng(seed).integers(1, 4, 120).astype(np.float64)
    copies = data.part(np.repeat(np.arange(120), by.astype(int)))
    ours, theirs = (learn("linear", task, each, l2=1e-6) for each in (weigh(data, by), copies))
    spread = float(np.std(data.train_y))
    assert ours.predict(data.validation_x) == pytest.approx(theirs.predict(data.validation_x), abs=2e-3 * spread)


@pytest.mark.parametrize(
    "kind",
    [
        "linear",
        "random_forest",
        "gradient_boosting",
        "lightgbm",
        "xgboost",
        "mlp",
        "tabm",
        "realmlp",
        pytest.param("catboost", marks=needs_catboost),
    ],
)
def test_weights_move_what_every_kind_learns(kind: str) -> None:
    data = binary(200)
    few = {
        "random_forest": {"trees": 5},
        "gradient_boosting": {"trees": 10},
        "lightgbm": {"trees": 10},
        "xgboost": {"trees": 10},
        "catboost": {"trees": 10, "lr": 0.3},
        "mlp": {"hidden": [8], "lr": 0.05},
        "tabm": {"hidden": [8], "members": 4, "lr": 0.05},
        "realmlp": {"hidden": [8]},
    }
    parameters = few.get(kind, {})
    heavy = weigh(data, np.where(data.train_y == 1, 20.0, 1.0))
    plain, weighed = (learn(kind, "binary", each, **parameters).predict(data.validation_x) for each in (data, heavy))
    assert weighed.mean() > plain.mean() + 0.1


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_equal_weights_learn_the_same(kind: str) -> None:
    data = binary(120)
    parameters = {"mlp": {"hidden": [8], "dropout": 0.0}}.get(kind, {})
    same = weigh(data, np.full(120, 7.0))
    ours, theirs = (learn(kind, "binary", each, **parameters).predict(data.validation_x) for each in (same, data))
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_network_averages_weighted_losses() -> None:
    network = Network(torch.nn.Linear(1, 1), "regression", lr=0.1, weight_decay=0.0, batch_size=2)
    answer, y, w = torch.tensor([[1.0], [2.0]]), torch.tensor([0.0, 0.0]), torch.tensor([0.5, 1.5])
    assert float(network.loss(answer, y, w)) == pytest.approx((0.5 * 1 + 1.5 * 4) / 2)
    assert float(network.loss(answer, y)) == pytest.approx(2.5)


def test_batches_carry_weights_in_the_order_of_their_rows() -> None:
    x = torch.arange(10.0)
    drawn = list(Batches(x, x, x, size=3, seed=1))
    assert all(bool((a == w).all()) for a, _, w in drawn)
    assert [len(part) for part in next(iter(InOrder(x, x, x, rows=4)))] == [4, 4, 4]


def test_the_scale_and_the_loss_of_weighted_rows_are_those_of_their_copies() -> None:
    y, by = np.array([1.0, 2.0, 4.0], dtype=np.float32), np.array([1.0, 2.0, 3.0])
    copied = np.repeat(np.arange(3), by.astype(int))
    assert Scale.of("regression", y, by).mean == pytest.approx(Scale.of("regression", y[copied]).mean)
    assert Scale.of("regression", y, by).deviation == pytest.approx(Scale.of("regression", y[copied]).deviation)
    score = np.array([1.5, 2.0, 3.0])
    assert loss("regression", y, score, by) == pytest.approx(loss("regression", y[copied], score[copied]))
    classes, p = np.array([0, 1, 1]), np.array([0.2, 0.9, 0.6])
    assert loss("binary", classes, p, by) == pytest.approx(loss("binary", classes[copied], p[copied]))


def test_what_cannot_count_rows_by_a_weight_is_told() -> None:
    data = weigh(binary(60), np.arange(1.0, 61.0))
    problem = Problem.of("binary", data)
    with pytest.raises(ConfigurationError) as error:
        EstimatorCandidate(problem, lambda _: KNeighborsClassifier()).fit(data, session())
    assert error.value.message == "candidate net: KNeighborsClassifier cannot count rows by a weight"
    assert error.value.hint == "give its fit(x, y) a parameter `sample_weight`, or remove `weight` and `class_weight`"

    import pytorch_lightning as pl

    class Own(pl.LightningModule):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, :1]

    with pytest.raises(ConfigurationError) as error:
        LightningCandidate(problem, lambda _: Own()).fit(data, session())
    assert error.value.message == "candidate net: Own does not say that it counts rows by a weight"
