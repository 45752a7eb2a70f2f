"""Networks that encode rows first: graphs that answer as they do, members that learn apart, shares by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mlops.blocks.column_group import Group, Layout
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import attribute
from mlops.ml.training.encoded_attributions import Behind
from mlops.ml.training.member_network import MemberNetwork
from mlops.ml.training.problem import Examples, Problem, Task
from mlops.ml.training.session import Judge
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, session

pytestmark = pytest.mark.slow

JUDGES: dict[Task, Judge] = {"binary": AUROC, "multiclass": ACCURACY, "regression": RMSE}
SIZES = (1_002, 6)
LAYOUT = Layout((Group("codes", (0, 1), (2,), SIZES), Group("numbers", (2, 3, 4), (3,))))
TARGET = {"kind": "piecewise", "edges": "target"}
SMALL: dict[str, dict[str, Any]] = {
    "tabm": {"kind": "tabm", "hidden": [24, 16], "members": 4},
    "tabm-mini": {"kind": "tabm", "hidden": [24], "members": 4, "adapters": "first", "embed": None},
    "realmlp": {"kind": "realmlp", "hidden": [24]},
    "mlp": {"kind": "mlp", "hidden": [24], "columns": "native"},
    "piecewise": {
        "kind": "mlp",
        "hidden": [24],
        "columns": "native",
        "embed": {"kind": "piecewise", "edges": "target"},
    },
    "periodic": {"kind": "mlp", "hidden": [24], "columns": "native", "embed": {"kind": "periodic"}},
}
PAIRS: list[tuple[str, Task]] = [
    ("tabm", "binary"),
    ("tabm", "multiclass"),
    ("tabm-mini", "regression"),
    ("piecewise", "regression"),
    ("periodic", "multiclass"),
    ("realmlp", "multiclass"),
    ("realmlp", "regression"),
    ("mlp", "binary"),
]


def table(task: Task, rows: int = 500) -> Examples:
    """A code of 1,000 levels, numbers of which some are missing, and a target that bends with one of them."""
    random = np.random.default_rng(0)
    x = random.standard_normal((rows * 2, 5)).astype(np.float32) * np.float32([1, 1, 1, 1e6, 1e-6])
    x[:, 0], x[:, 1] = random.integers(1, 1_002, len(x)), random.integers(1, 5, len(x))
    gone = random.random((len(x), 3)) < [0.3, 0.1, 0.0]
    score = 2 * np.abs(x[:, 2]) - 2 + 1.5 * gone[:, 0] - (x[:, 1] > 2) + random.normal(0, 0.3, len(x))
    x[:, 2:][gone] = np.nan
    y = {
        "binary": (score > 0).astype(np.int64),
        "multiclass": np.digitize(score, [-0.5, 0.5]).astype(np.int64),
        "regression": (100 * score + 5_000).astype(np.float32),
    }[task]
    return Examples(x[:rows], y[:rows], x[rows:], y[rows:])


def learn(name: str, task: Task, data: Examples, **more: Any) -> Any:
    problem = Problem.of(task, data, LAYOUT)
    asked = Asked(**SMALL[name] | {"lr": 0.01} | more)
    return candidates.build("a", asked, problem, NOWHERE).fit(data, session(JUDGES[task], max_epochs=2))


def anything(rows: int = 10_000) -> np.ndarray[Any, Any]:
    """Codes of every level, never seen and missing ones among them; numbers usual, missing and as large as they go."""
    random = np.random.default_rng(1)
    largest = float(np.finfo(np.float32).max)
    odd = random.choice(np.float32([np.nan, largest, -largest, 0.0, 1e-45]), (rows, 3))
    usual = random.standard_normal((rows, 3)) * [1, 1e6, 1e-6]
    numbers = np.where(random.random((rows, 3)) < 0.3, odd, usual)
    codes = [random.integers(0, size, rows) for size in SIZES]
    return np.column_stack([*codes, numbers]).astype(np.float32)


def far(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], spread: float) -> float:
    return float((np.abs(a - b) / np.maximum(spread, np.abs(a))).max())


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_the_graph_answers_as_the_network_does_and_its_bytes_are_the_same_again(name: str, task: Task) -> None:
    data = table(task)
    fitted = learn(name, task, data)
    graph = fitted.export()
    spread = float(data.train_y.std()) if task == "regression" else 1.0
    for rows in (data.train_x, anything()):
        answers = fitted.predict(rows)
        assert np.isfinite(answers).all()
        assert far(answers, export.run(graph, rows), spread) < 1e-5
    if name == "mlp":
        assert graph == learn(name, task, data).export()


def test_a_graph_of_other_weights_is_found_out() -> None:
    data = table("binary")
    fitted, other = learn("mlp", "binary", data), learn("mlp", "binary", data, lr=0.02)
    assert far(fitted.predict(data.train_x), export.run(other.export(), data.train_x), 1.0) > 1e-4


@pytest.mark.parametrize("name", ["tabm", "piecewise", "realmlp"])
def test_what_bends_is_learnt(name: str) -> None:
    data = table("binary")
    problem = Problem.of("binary", data, LAYOUT)
    asked = Asked(**SMALL[name] | {"lr": 0.01})
    fitted = candidates.build("a", asked, problem, NOWHERE).fit(data, session(max_epochs=12))
    assert max(epoch.metric for epoch in fitted.history) > 0.85  # 0.72 is what a perceptron finds that sees them plain


def test_the_answer_is_the_mean_of_what_members_answer() -> None:
    raw = torch.tensor([[[0.0], [2.0], [-90.0]], [[500.0], [500.0], [500.0]]])
    binary = MemberNetwork(torch.nn.Identity(), "binary", lr=0.1, weight_decay=0.0, batch_size=2)
    assert binary.answer(raw).sigmoid().squeeze(-1).tolist() == pytest.approx(
        raw.double().sigmoid().mean(dim=1).squeeze(-1).tolist(), abs=1e-7
    )
    several = MemberNetwork(torch.nn.Identity(), "multiclass", lr=0.1, weight_decay=0.0, batch_size=2)
    wide = torch.randn(5, 3, 4) * 30
    assert torch.allclose(several.answer(wide).softmax(-1), wide.softmax(-1).mean(dim=1), atol=1e-6)
    number = MemberNetwork(torch.nn.Identity(), "regression", lr=0.1, weight_decay=0.0, batch_size=2)
    assert torch.allclose(number.answer(wide), wide.mean(dim=1), atol=1e-5)


def test_each_member_learns_from_its_own_loss() -> None:
    network = MemberNetwork(torch.nn.Identity(), "regression", lr=0.1, weight_decay=0.0, batch_size=2)
    raw, y, w = torch.tensor([[[1.0], [3.0]], [[0.0], [0.0]]]), torch.tensor([2.0, 0.0]), torch.tensor([0.5, 1.5])
    assert float(network.loss(raw, y)) == pytest.approx((1 + 1 + 0 + 0) / 4)  # the mean of both would be right
    assert float(network.loss(raw, y, w)) == pytest.approx(0.5 * (1 + 1) / 4)


def test_members_differ_after_training() -> None:
    fitted = learn("tabm", "regression", table("regression"))
    network = fitted.scores.network
    raw = network.body.eval()(torch.from_numpy(table("regression").validation_x[:20]))
    assert float(raw.detach().std(dim=1).min()) > 0


def test_a_level_that_training_lacks_is_none() -> None:
    data = table("binary")
    encoder = learn("tabm", "binary", data).scores.network.body.encoder
    tables = [table.weight.detach() for table in encoder.levels.tables]
    assert not tables[1][0].any()
    assert not tables[1][5].any()
    assert tables[1][1:5].abs().sum(dim=1).min() > 0


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_shares_of_codes_and_missing_numbers_add_up(task: Task) -> None:
    data = table(task)
    problem = Problem.of(task, data, LAYOUT)
    asked = Asked(**SMALL["tabm"] | {"lr": 0.01})
    fitted = candidates.build("a", asked, problem, NOWHERE).fit(data, session(JUDGES[task], max_epochs=8))
    found = attribute(fitted, data.validation_x[:40], data.train_x)
    assert found.values.shape == (40, 5)
    assert found.gap < 0.01
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).mean(axis=0).argmax() == 2


def test_every_output_of_an_encoder_has_an_owner() -> None:
    fitted = learn("periodic", "binary", table("binary"))
    behind = Behind.of(fitted.scores)
    assert behind is not None
    encoder = behind.body.encoder
    assert behind.encoded(table("binary").train_x).shape[1] == len(encoder.owners) == sum(encoder.blocks)
    assert set(encoder.owners) == {0, 1, 2, 3, 4}
