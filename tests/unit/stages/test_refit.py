"""The chosen candidate learns again, from train and validation, and nothing that validation decides goes by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.configuration.pipeline import Pipeline
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.course import PATIENCE
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Epoch
from mlops.stages import train
from mlops.stages.declare.train import refitted
from mlops.stages.released import again
from tests.builders.exporting import one_table_of_operators
from tests.builders.training import AUROC, NOWHERE, RMSE, binary, regression, session, write_features
from tests.unit.configuration.test_monitor import PIPELINE

LINEAR = {"linear": {"kind": "linear"}}
TREES = Asked(kind="gradient_boosting", trees=300, lr=0.3, min_leaf=5)


@pytest.fixture(scope="module", autouse=True)
def _quick_exports() -> Iterator[None]:
    with one_table_of_operators():
        yield


def trained(root: Path, examples: Examples, **changes: Any) -> tuple[Path, dict[str, Any]]:
    context = write_features(root, examples, **{"candidates": LINEAR, **changes})
    train.run(context)
    return context.path("artifacts/model"), json.loads(context.path("reports/training.json").read_bytes())


@pytest.mark.slow
def test_what_is_released_learnt_from_train_and_validation(tmp_path: Path) -> None:
    examples = binary()
    model, training = trained(tmp_path, examples, refit=["linear"])
    assert training["learnt"] == {"train": 300, "validation": 300}
    assert json.loads((model / "model.json").read_bytes())["learnt"] == {"train": 300, "validation": 300}
    problem = Problem.of("binary", examples)
    linear = candidates.build("linear", Asked(kind="linear"), problem, NOWHERE)
    whole = linear.fit(examples.whole, replace(session(), grown=2.0)).predict(examples.validation_x)
    assert np.allclose(export.run((model / "model.onnx").read_bytes(), examples.validation_x), whole, atol=1e-6)
    before = export.run((model / "before_refit.onnx").read_bytes(), examples.validation_x)
    alone = linear.fit(examples, session()).predict(examples.validation_x)
    assert np.allclose(before, alone, atol=1e-6)
    assert not np.allclose(before, whole, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_strong_penalty_spreads_answers_as_before(task: str) -> None:
    """A monitor holds answers of what is released to those of the candidate before: that must be no drift."""
    examples = binary() if task == "binary" else regression()
    kind = Asked(kind="linear", l2=3000.0)
    linear = candidates.build("linear", kind, Problem.of(task, examples), NOWHERE)
    spread = {
        grown: linear.fit(examples.whole, replace(session(), grown=grown)).predict(examples.validation_x).std()
        for grown in (1.0, 2.0)
    }
    before = linear.fit(examples, session()).predict(examples.validation_x).std()
    assert spread[2.0] == pytest.approx(before, rel=0.05)
    assert spread[1.0] > 1.5 * before


@pytest.mark.slow
def test_candidates_are_compared_as_they_were_before(tmp_path: Path) -> None:
    _, with_refit = trained(tmp_path / "a", binary(), refit=["linear"])
    model, without = trained(tmp_path / "b", binary())
    assert with_refit["candidates"] == without["candidates"]
    assert without["learnt"] == {"train": 300}
    assert sorted(path.name for path in model.iterdir()) == ["model.json", "model.onnx"]
    assert "learnt" not in json.loads((model / "model.json").read_bytes())


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_trees_learn_again_as_many_as_were_best(task: Any) -> None:
    examples, judge = (binary(), AUROC) if task == "binary" else (regression(120), RMSE)
    trees = candidates.build("trees", TREES, Problem.of(task, examples), NOWHERE)
    asked = session(judge)
    chosen: Any = trees.fit(examples, asked)
    assert chosen.best_epoch <= 300
    same: Any = again(trees, examples, asked, chosen)
    assert len(same.estimator.estimators_) == chosen.best_epoch
    assert np.array_equal(same.predict(examples.validation_x), chosen.predict(examples.validation_x))


def test_trees_stop_growing_where_a_hundred_more_were_no_better() -> None:
    examples, seen = binary(rows=120), list[Epoch]()
    many = candidates.build("trees", TREES.model_copy(update={"trees": 1000}), Problem.of("binary", examples), NOWHERE)
    fitted = many.fit(examples, replace(session(), observe=seen.append))
    assert seen[-1].number == (fitted.best_epoch or 0) + PATIENCE < 1000


@pytest.mark.slow
def test_a_network_learns_again_for_as_many_epochs_as_were_best(tmp_path: Path) -> None:
    examples = binary()
    net = candidates.build("net", Asked(kind="mlp", hidden=[8], lr=0.05), Problem.of("binary", examples), NOWHERE)
    asked = session(folder=tmp_path, max_epochs=6, patience=2)
    chosen = net.fit(examples, asked)
    longer = again(net, examples.whole, asked, chosen)
    assert [epoch.number for epoch in longer.history] == list(range(1, (chosen.best_epoch or 0) + 1))
    assert longer.best_epoch == chosen.best_epoch


KINDS = {
    "linear": {"kind": "linear"},
    "net": {"kind": "mlp"},
    "forest": {"kind": "random_forest"},
    "trees": {"kind": "gradient_boosting"},
}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, ["forest", "linear", "trees"]),
        ({"refit": False}, []),
        ({"refit": True}, ["forest", "linear", "net", "trees"]),
    ],
    ids=["nothing", "no", "yes"],
)
def test_linear_models_and_trees_learn_again_where_nothing_is_said(said: dict[str, bool], names: list[str]) -> None:
    assert refitted(Pipeline.model_validate({**PIPELINE, "model": KINDS, **said})) == names
