from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlops.ml.evaluation import metrics
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import attribute
from mlops.ml.training.problem import Problem, Task, loss
from mlops.ml.training.session import Judge
from mlops.ml.training.token_input import TokenInput
from tests.builders.texts import ITEM, KIND, UNKIND, VOCABULARY, examples
from tests.builders.training import NOWHERE, session

pytestmark = pytest.mark.slow

SMALL: dict[str, dict[str, Any]] = {
    "linear": {},
    "mlp": {"hidden": (16,), "embedding": 4, "lr": 0.01, "dropout": 0.0},
    "random_forest": {"trees": 20, "depth": 6},
    "gradient_boosting": {"trees": 40, "depth": 3},
}
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def fitted(kind: str, task: Task) -> tuple[Any, Any, Problem]:
    data, problem = examples(task)
    candidate = candidates.build("c", Asked(kind=kind, **SMALL[kind]), problem, NOWHERE)
    judge = Judge("loss", False, lambda y, score, *_: loss(task, y, score))
    return candidate.fit(data, session(judge, max_epochs=12)), data, problem


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", SMALL)
def test_words_are_learnt_from_and_the_graph_answers_as_what_was_trained(kind: str, task: Task) -> None:
    model, data, _ = fitted(kind, task)
    score = model.predict(data.validation_x)
    usual = np.full(len(score), data.train_y.mean()) if task == "regression" else None
    if task == "binary":
        assert metrics.compute("auroc", data.validation_y, score) > 0.8
    elif usual is not None:
        assert loss(task, data.validation_y, score) < 0.6 * loss(task, data.validation_y, usual)
    else:
        assert (score.argmax(axis=1) == data.validation_y).mean() > 0.5
    graph = model.export()
    assert graph == model.export()
    assert export.check_parity("c", graph, data.validation_x, score) <= export.TOLERANCE
    empty = np.zeros_like(data.validation_x[:3])
    assert export.run(graph, empty) == pytest.approx(model.predict(empty), rel=1e-5, abs=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "task"), [("linear", task) for task in TASKS] + [("mlp", "binary")])
def test_shares_add_up_and_are_those_of_the_words_that_matter(kind: str, task: Task) -> None:
    model, data, problem = fitted(kind, task)
    found = attribute(model, data.validation_x, data.train_x)
    assert found.gap < 0.01
    assert found.by_token
    (text,) = TokenInput.of(problem.layout).texts
    ids, values = data.validation_x[:, text.ids].astype(int), found.values[:, text.weights]
    sizes = np.bincount(ids.ravel(), weights=np.abs(values).ravel(), minlength=ITEM.size + 1)
    assert not sizes[0]
    most = {VOCABULARY[number - 1] for number in np.argsort(-sizes)[:8]}
    assert len(most & {*KIND, *UNKIND}) >= 7


@pytest.mark.filterwarnings("ignore")
def test_trees_tell_the_share_of_a_text_as_one() -> None:
    model, data, _ = fitted("random_forest", "binary")
    found = attribute(model, data.validation_x, data.train_x)
    assert found.gap < 1e-3
    assert not found.by_token
    assert np.abs(found.values[:, 1]).mean() > 5 * np.abs(found.values[:, 0]).mean()
    assert not found.values[:, 2:].any()


def test_a_kind_that_does_not_read_texts_does_not_see_them() -> None:
    _, problem = examples("binary")
    assert problem.reading(("scaled",)).shape == (1,)


def test_the_sparse_matrix_has_a_column_a_token() -> None:
    data, problem = examples("binary")
    given = TokenInput.of(problem.layout)
    counted = given.counted(data.train_x)
    assert counted.shape == (len(data.train_x), 1 + ITEM.size)
    assert (counted.toarray()[:, 0] == data.train_x[:, 0]).all()
    (text,) = given.texts
    row = data.train_x[7]
    for token, weight in zip(row[list(text.ids)], row[list(text.weights)], strict=True):
        assert not token or counted[7, int(token)] == weight
