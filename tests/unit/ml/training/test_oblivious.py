"""Trees of CatBoost: what is served answers as what was trained, at borders and far out too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlops.blocks.column_group import Group, Layout
from mlops.errors import IntegrityError
from mlops.ml.training import candidates, export, oblivious_graph
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.session import Epoch, Judge
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, binary, needs_catboost, regression, session

pytestmark = [pytest.mark.slow, needs_catboost]

TREES = Asked(kind="catboost", trees=60, lr=0.3, depth=4)
JUDGES: dict[Any, Judge] = {"binary": AUROC, "multiclass": ACCURACY, "regression": RMSE}


def learn(data: Examples, asked: Asked = TREES, **changes: Any) -> Any:
    problem = Problem.of("binary", data)
    return candidates.build("a", asked, problem, NOWHERE).fit(data, replace(session(), **changes))


@pytest.mark.parametrize("task", JUDGES)
def test_ten_thousand_rows_with_gaps_are_answered_as_in_training(task: Any) -> None:
    """Rows of the training, those beside its borders, the greatest numbers, gaps where there were some and none."""
    random = np.random.default_rng(0)
    x = np.round(random.standard_normal((4_000, 3)), 2).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + 0.2 * random.standard_normal(len(x))
    x[random.random(len(x)) < 0.2, 0] = np.nan
    made = {"binary": score > 0.5, "multiclass": np.digitize(score, [0, 0.8]), "regression": score}[task]
    y = made.astype(np.float32 if task == "regression" else np.int64)
    data = Examples(x[:2_000], y[:2_000], x[2_000:], y[2_000:])
    problem = Problem.of(task, data, Layout((Group("numbers", (0, 1, 2), (3,)),)))
    fitted = candidates.build("a", TREES, problem, NOWHERE).fit(data, replace(session(JUDGES[task]), size=40))
    values = [np.nan, 0.0, float(np.finfo(np.float32).max), float(np.finfo(np.float32).min)]
    far = np.array(np.meshgrid(values, values, values)).reshape(3, -1).T.astype(np.float32)
    beside = [np.nextafter(data.train_x, np.float32(way)) for way in (-np.inf, np.inf)]
    holes = np.where(random.random(x.shape) < 0.3, np.float32(np.nan), x)
    rows = np.concatenate([x, *beside, holes, far]).astype(np.float32)
    assert len(rows) > 10_000
    scale = Scale.of(task, data.train_y)
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows), scale) < 1e-5


def test_as_many_trees_are_kept_as_do_best_on_validation() -> None:
    seen: list[Epoch] = []
    data = binary()
    fitted = learn(data, Asked(kind="catboost", trees=47, lr=0.9), observe=seen.append)
    assert [epoch.number for epoch in seen] == [10, 20, 30, 40, 47]
    assert list(fitted.history) == seen
    best = max(seen, key=lambda epoch: AUROC.rank(epoch.metric, epoch.validation_loss))
    assert fitted.best_epoch == best.number == fitted.model.tree_count_
    assert AUROC.compute(data.validation_y, fitted.predict(data.validation_x)) == pytest.approx(best.metric)


def test_growing_ends_where_a_hundred_trees_more_were_no_better() -> None:
    fitted = learn(binary(), Asked(kind="catboost", lr=0.9, depth=2))
    assert fitted.history[-1].number == fitted.best_epoch + 100 < 2_000


def test_a_training_that_is_told_its_size_grows_to_it_and_looks_at_no_validation() -> None:
    data = binary()
    spoilt = replace(data, validation_x=np.zeros_like(data.validation_x))
    ours, theirs = (learn(each, size=13) for each in (data, spoilt))
    assert ours.export() == theirs.export()
    assert ours.model.tree_count_ == 13


@pytest.mark.parametrize("boosting", ["plain", "ordered"])
def test_threads_change_no_byte(boosting: str) -> None:
    asked = Asked(kind="catboost", boosting=boosting, lr=0.3)
    one, two = (
        learn(binary(1_500), asked, size=10, options=session(threads=threads).options).export() for threads in (1, 2)
    )
    assert one == two


def test_a_quantile_of_a_number_is_learnt() -> None:
    data = regression(400)
    problem = replace(Problem.of("regression", data), quantile=0.9)
    fitted = candidates.build("a", TREES, problem, NOWHERE).fit(data, replace(session(RMSE), size=60))
    assert 0.85 < np.mean(data.train_y <= fitted.predict(data.train_x)) < 0.95
    scale = Scale.of("regression", data.train_y)
    found = export.check_parity("a", fitted.export(), data.validation_x, fitted.predict(data.validation_x), scale)
    assert found < 1e-5


def told(**changes: Any) -> dict[str, Any]:
    """A model of one tree of one question."""
    column = {"nan_value_treatment": "AsFalse", "flat_feature_index": 1}
    tree = {"splits": [{"float_feature_index": 0, "border": 0.5}], "leaf_values": [-1.0, 2.0]}
    return {
        "features_info": {"float_features": [column]},
        "oblivious_trees": [tree],
        "scale_and_bias": [1, [0.25]],
        **changes,
    }


def test_a_question_is_answered_by_the_column_it_is_of() -> None:
    graph = oblivious_graph.write(told(), Problem("regression", (2,)), Scale())
    rows = np.array([[9, 0.5], [-9, 0.6], [9, np.nan]], dtype=np.float32)
    assert export.run(graph, rows).tolist() == [-0.75, 2.25, -0.75]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"features_info": {"float_features": [{"nan_value_treatment": "AsTrue", "flat_feature_index": 0}]}},
            "CatBoost sends missing numbers where the graph does not",
        ),
        ({"scale_and_bias": [2, [0.0]]}, "CatBoost scales the sum of its trees, and the graph does not"),
    ],
)
def test_what_the_graph_cannot_say_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        oblivious_graph.write(told(**changes), Problem("regression", (2,)), Scale())
    assert caught.value.message == message
