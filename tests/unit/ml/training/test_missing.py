"""Trees on numbers as the table has them: the graph sends missing ones where training sent them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlops.blocks.column_group import Group, Layout
from mlops.errors import ConfigurationError
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import attribute
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Fitted, Judge
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, needs_catboost, session

pytestmark = pytest.mark.slow

LAYOUT = Layout((Group("codes", (0,), (1,), (1_002,)), Group("numbers", (1, 2, 3), (3,))))
JUDGES: dict[str, Judge] = {"binary": AUROC, "multiclass": ACCURACY, "regression": RMSE}
SCIKIT = ("random_forest", "gradient_boosting")
KINDS = (*SCIKIT, "lightgbm", "xgboost", pytest.param("catboost", marks=needs_catboost))


def table(task: str, rows: int = 600) -> Examples:
    """A code of 1,000 levels, and numbers of which some are missing: what is missing says something."""
    random = np.random.default_rng(0)
    x = random.standard_normal((rows * 2, 4)).astype(np.float32) * np.float32([1, 1, 1e4, 1e-6])
    x[:, 0] = random.integers(0, 1_002, len(x))
    gone = random.random((len(x), 3)) < [0.3, 0.1, 0.0]
    score = np.nan_to_num(x[:, 1]) + 1.5 * gone[:, 0] - (x[:, 0] > 500) + random.normal(0, 0.3, len(x))
    x[:, 1:][gone] = np.nan
    y = {
        "binary": (score > 0).astype(np.int64),
        "multiclass": np.digitize(score, [-0.5, 0.5]).astype(np.int64),
        "regression": score.astype(np.float32),
    }[task]
    return Examples(x[:rows], y[:rows], x[rows:], y[rows:])


def learn(kind: str, task: Any, data: Examples, **parameters: Any) -> Fitted:
    problem = Problem.of(task, data, LAYOUT)
    asked = Asked(kind=kind, columns="native", trees=30, **parameters)
    return candidates.build("a", asked, problem, NOWHERE).fit(data, session(JUDGES[task]))


def extremes() -> np.ndarray[Any, Any]:
    """Rows with nothing, with the greatest and least numbers, and with missing values where training had none."""
    largest = float(np.finfo(np.float32).max)
    values = [np.nan, largest, -largest, 0.0, np.float32(1e-45), -np.nan]
    grid = np.array(np.meshgrid([0, 1, 2, 1_001], values, values, values)).reshape(4, -1).T
    return np.ascontiguousarray(grid, dtype=np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_graph_answers_as_the_trees_do_whatever_is_missing(kind: str, task: str) -> None:
    data = table(task)
    fitted = learn(kind, task, data)
    graph = fitted.export()
    for rows in (data.train_x, data.validation_x, extremes()):
        answers = fitted.predict(rows)
        assert np.isfinite(answers).all()
        assert export.run(graph, rows) == pytest.approx(answers, rel=1e-5, abs=1e-5)
    assert graph == learn(kind, task, data).export()


def test_a_graph_that_forgets_what_is_missing_is_found_out() -> None:
    """What the converter writes by itself sends all missing numbers to the right."""
    data = table("regression")
    fitted = learn("random_forest", "regression", data)
    right = fitted.predict(data.validation_x)
    plain = replace(fitted, problem=replace(fitted.problem, layout=Layout()))
    wrong = export.run(plain.export(), data.validation_x)
    assert float(np.abs(wrong - right).max()) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_value_is_missing_is_learnt_from(kind: str) -> None:
    data = table("binary")
    blank = data.validation_x.copy()
    blank[:, 1] = np.nan
    fitted = learn(kind, "binary", data)
    assert fitted.predict(blank).mean() > fitted.predict(np.nan_to_num(blank)).mean() + 0.1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_its_scores_are_explained_by_shares_that_add_up(kind: str, task: str) -> None:
    pytest.importorskip("shap")
    data = table(task, 300)
    found = attribute(learn(kind, task, data), data.validation_x[:100], data.train_x)
    assert found.values.shape == (100, 4)
    assert found.gap < 1e-3


def test_a_forest_that_is_held_to_a_way_needs_numbers_without_gaps() -> None:
    with pytest.raises(ConfigurationError) as error:
        candidates.parse("a", Asked(kind="random_forest", columns="native", monotone={"age": "up"}))
    assert error.value.message.endswith(
        "`monotone` needs `columns: scaled`: trees that are held to it know no missing numbers"
    )


@pytest.mark.parametrize("kind", SCIKIT)
def test_what_is_usual_is_not_spelt(kind: str) -> None:
    assert "columns" not in candidates.resolved("a", Asked(kind=kind)).parameters
    assert candidates.resolved("a", Asked(kind=kind, columns="native")).parameters["columns"] == "native"
