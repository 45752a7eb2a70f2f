from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from mlops.errors import ConfigurationError, IntegrityError
from mlops.extras import MissingExtra
from mlops.ml.training import attributions, candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import Attributions, attribute
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Judge
from tests.builders.training import NOWHERE, needs_catboost, session

pytestmark = pytest.mark.slow

TREES = {"trees": 12, "depth": 3}
MEMBERS = {"members": 4, "hidden": [32], "lr": 0.01}


def examples(task: str, rows: int = 300, seed: int = 0) -> Examples:
    """The first of six columns matters most, the second less, the others nothing."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 6)).astype(np.float32)
    signal = 3 * x[:, 0] - x[:, 1] + 0.3 * random.normal(size=rows)
    y: Any = (20 * signal + 100).astype(np.float32)
    if task != "regression":
        edges = [0.0] if task == "binary" else [-1.0, 1.0]
        y = np.digitize(signal, edges).astype(np.int64)
    return Examples(x[:200], y[:200], x[200:], y[200:])


def fitted(kind: str, task: Any, parameters: dict[str, Any] | None = None) -> tuple[Any, Examples]:
    data = examples(task)
    problem = Problem.of(task, data)
    candidate = candidates.build("c", Asked(kind=kind, **(parameters or {})), problem, NOWHERE)
    judge = Judge("loss", False, lambda *_: 0.0)
    return candidate.fit(data, session(judge, max_epochs=8)), data


CASES = [
    ("gradient_boosting", "binary", TREES, "SHAP", "log-odds"),
    ("gradient_boosting", "regression", TREES, "SHAP", "target"),
    ("lightgbm", "binary", TREES, "SHAP", "log-odds"),
    ("lightgbm", "multiclass", TREES, "SHAP", "log-odds"),
    ("lightgbm", "regression", TREES, "SHAP", "target"),
    ("random_forest", "binary", TREES, "SHAP", "probability"),
    ("random_forest", "multiclass", TREES, "SHAP", "probability"),
    ("random_forest", "regression", TREES, "SHAP", "target"),
    pytest.param("catboost", "binary", TREES | {"lr": 0.3}, "SHAP", "log-odds", marks=needs_catboost),
    pytest.param("catboost", "multiclass", TREES | {"lr": 0.3}, "SHAP", "log-odds", marks=needs_catboost),
    pytest.param("catboost", "regression", TREES | {"lr": 0.3}, "SHAP", "target", marks=needs_catboost),
    ("xgboost", "binary", TREES, "SHAP", "log-odds"),
    ("xgboost", "multiclass", TREES, "SHAP", "log-odds"),
    ("xgboost", "regression", TREES, "SHAP", "target"),
    ("linear", "binary", {}, "linear SHAP", "log-odds"),
    ("linear", "multiclass", {}, "linear SHAP", "log-odds"),
    ("linear", "regression", {}, "linear SHAP", "target"),
    pytest.param("mlp", "binary", {}, "integrated gradients", "probability", marks=pytest.mark.slow),
    pytest.param("mlp", "multiclass", {}, "integrated gradients", "probability", marks=pytest.mark.slow),
    pytest.param("mlp", "regression", {}, "integrated gradients", "target", marks=pytest.mark.slow),
    ("tabm", "binary", MEMBERS, "integrated gradients", "probability"),
    ("realmlp", "regression", {"hidden": [32]}, "integrated gradients", "target"),
    ("tabm", "multiclass", MEMBERS, "integrated gradients", "probability"),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "task", "parameters", "method", "unit"), CASES)
def test_shares_add_up_and_find_what_matters(
    kind: str, task: str, parameters: dict[str, Any], method: str, unit: str
) -> None:
    model, data = fitted(kind, task, parameters)
    found = attribute(model, data.validation_x, data.train_x)
    assert (found.method, found.unit, found.values.shape) == (method, unit, (100, 6))
    assert found.gap < (0.01 if method == "integrated gradients" else 1e-4)
    sizes = np.abs(found.values).mean(axis=0)
    assert sizes.argmax() == 0
    assert sizes[2:].max() < sizes[1] < sizes[0]
    scores = model.predict(data.validation_x).astype(np.float64)
    if unit == "log-odds" and task == "binary":
        assert 1 / (1 + np.exp(-found.output)) == pytest.approx(scores, abs=1e-5)
    elif unit != "log-odds":
        assert found.output == pytest.approx(scores.max(axis=1) if scores.ndim == 2 else scores, rel=1e-4, abs=1e-5)


def test_what_shap_cannot_explain_is_said_so() -> None:
    model, data = fitted("gradient_boosting", "multiclass", TREES)
    with pytest.raises(ConfigurationError, match="shap cannot explain GradientBoostingClassifier"):
        attribute(model, data.validation_x, data.train_x)


@pytest.mark.parametrize(("kind", "name"), [("random_forest", "shap"), ("mlp", "captum")])
def test_an_absent_library_is_named(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = fitted(kind, "binary", TREES if kind == "random_forest" else {})
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra) as caught:
        attribute(model, data.validation_x, data.train_x)
    what = "`evaluate: {explain: {attributions: true}}`"
    told = f"{what} needs {name}, which is not installed: it comes with the extra `explain`"
    assert (caught.value.message, caught.value.exit_code) == (told, 6)
    assert caught.value.hint == 'pip install "mlops-by-pull-request[explain]"'


def test_shares_that_do_not_add_up_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = fitted("linear", "binary")
    wrong = Attributions("linear SHAP", "log-odds", np.ones((1, 2)), np.zeros(1), np.ones(1))
    monkeypatch.setattr(attributions, "_linear", lambda *_: wrong)
    with pytest.raises(IntegrityError, match="the shares of a score miss it by 1: linear SHAP is not to be trusted"):
        attribute(model, data.validation_x, data.train_x)
