"""`/explain` says what evaluation says, of the model as it is served."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlops.bundle.attribution import Explainer, Shares
from mlops.bundle.model import OnnxModel
from mlops.documents.attribution import AttributionBasis
from mlops.errors import IntegrityError
from mlops.ml.training.attributions import attribute
from mlops.stages.attribution_basis import make
from tests.builders.bundles import make_model
from tests.unit.ml.training.test_attributions import TREES, fitted

pytestmark = pytest.mark.slow

CLASSES = {"binary": (0, 1), "multiclass": (0, 1, 2), "regression": None}
CASES = [
    *(("gradient_boosting", task) for task in ("binary", "regression")),
    *((kind, task) for kind in ("lightgbm", "random_forest", "linear") for task in CLASSES),
    *(("xgboost", task) for task in ("binary", "multiclass")),
]


def predictor(model: bytes, task: str, width: int = 6) -> Any:
    """What answers rows that are features already: each column has one, but the last two are of one."""
    columns = [SimpleNamespace(column=f"c{min(place, 4)}") for place in range(width)]
    recipe = SimpleNamespace(kept=lambda: columns)
    transform = SimpleNamespace(recipe=recipe)
    return SimpleNamespace(transform=transform, model=OnnxModel(model), task=task, classes=CLASSES[task])


def explained(explainer: Explainer, served: Any, x: Any) -> Shares:
    return explainer.explain(x, served.model.score(x))


@pytest.mark.parametrize(("kind", "task"), CASES)
def test_trees_and_lines_are_explained_as_evaluation_does(kind: str, task: str) -> None:
    model, data = fitted(kind, task, {} if kind == "linear" else TREES)
    x, served = data.validation_x, predictor(model.export(), task)
    basis = AttributionBasis.parse(make(model.export(), served, data.train_x, x[:16]).dumps().encode())
    assert basis.method == ("linear" if kind == "linear" else "trees")
    explainer = Explainer(served, basis, x[:16])
    found, said = explained(explainer, served, x), attribute(model, x, data.train_x)
    by_column = np.column_stack([said.values[:, :4], said.values[:, 4:].sum(axis=1)])
    spread = float(np.ptp(said.output))
    assert (explainer.method, explainer.unit) == (said.method, said.unit)
    np.testing.assert_allclose(found.output, said.output, atol=1e-5 * spread)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base, found.output, atol=1e-9 * spread)
    # libraries count rows by how much they weigh, or those that a tree was shown; here they are training rows
    exact = kind in ("linear", "lightgbm") or (kind, task) == ("gradient_boosting", "regression")
    np.testing.assert_allclose(found.values, by_column, atol=(1e-5 if exact else 0.15) * spread)
    np.testing.assert_allclose(explained(explainer, served, x[7:8]).values[0], found.values[7], atol=1e-12)


@pytest.mark.parametrize("task", CLASSES)
def test_whatever_else_answers_is_asked_in_every_order(task: str) -> None:
    x = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    model = make_model((2,), task)
    served = predictor(model, task, width=2)
    basis = make(model, served, x, x[:16])
    explainer = Explainer(served, basis, x[:16])
    found = explained(explainer, served, x)
    assert (explainer.method, basis.trees, basis.lines) == ("sampled Shapley values", None, None)
    assert explainer.unit == ("target" if task == "regression" else "probability")

    def said(rows: Any, of: int) -> Any:
        scores = served.model.score(rows)
        return scores if scores.ndim == 1 else scores[:, of]

    for row, values in enumerate(found.values):
        of = 0 if found.picked is None else int(found.picked[row])
        own, other = (np.column_stack(each) for each in ((x[[row] * 16, 0], x[:16, 1]), (x[:16, 0], x[[row] * 16, 1])))
        first = said(own, of) - said(x[:16], of) + said(x[[row] * 16], of) - said(other, of)
        np.testing.assert_allclose(values[0], first.mean() / 2, atol=1e-6 * max(1, np.ptp(found.output)))
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base, found.output, rtol=1e-6)


def test_trees_of_another_model_explain_nothing() -> None:
    model, data = fitted("lightgbm", "binary", TREES)
    other, _ = fitted("lightgbm", "binary", TREES | {"trees": 11})
    served = predictor(model.export(), "binary")
    basis = make(other.export(), predictor(other.export(), "binary"), data.train_x, data.validation_x[:16])
    with pytest.raises(IntegrityError, match=r"^explain\.json is of another model: it says other scores$"):
        Explainer(served, basis, data.validation_x[:16])
    assert make(other.export(), served, data.train_x, data.validation_x[:16]).method == "sampled"
