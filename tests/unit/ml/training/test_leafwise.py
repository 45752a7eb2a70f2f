"""Trees of LightGBM: what is served answers as what was trained, at thresholds and far out too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.column_group import Group, Layout
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.leafwise_text import exact
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.session import Epoch
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, binary, regression, session

pytestmark = pytest.mark.slow

FAR = st.floats(-(2.0**100), 2.0**100, width=32)
TREES = Asked(kind="lightgbm", trees=60, lr=0.3, min_leaf=5)


def learn(data: Examples, asked: Asked = TREES, **changes: Any) -> Any:
    problem = Problem.of("binary", data)
    return candidates.build("a", asked, problem, NOWHERE).fit(data, replace(session(), **changes))


def test_a_row_exactly_at_a_threshold_goes_the_same_way_in_onnx() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 1000, (400, 3)).astype(np.float32) / np.float32(1000)
    y = ((x[:, 0] > 0.5) ^ (x[:, 1] > 0.3)).astype(np.int64)
    fitted = learn(Examples(x, y, x, y), Asked(kind="lightgbm", trees=100, min_leaf=1))
    near = [np.nextafter(x, np.float32(way)) for way in (-1, 2)]
    rows = np.concatenate([x, (x[:-1] + x[1:]) / 2, *near]).astype(np.float32)
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows)) < 1e-5


TREE = """tree
tree_sizes=120

Tree=0
num_leaves=3
num_cat=0
threshold={thresholds}
decision_type={kinds}
left_child=1 -1
right_child=-3 -2
leaf_count=10 20 30
internal_count=60 30


end of trees
"""


def told(thresholds: str, kinds: str) -> tuple[str, str]:
    lines = exact(TREE.format(thresholds=thresholds, kinds=kinds)).split("\n")
    assert not any(line.startswith("tree_sizes") for line in lines)
    found = [line.partition("=")[2] for line in lines if line.startswith(("threshold", "decision_type"))]
    return found[0], found[1]


def test_a_threshold_that_float32_would_round_up_is_rounded_down() -> None:
    assert float(np.float32(0.1)) > 0.1
    assert told("0.1 3", "10 8") == ("0.09999999403953552 3.0", "10 8")


def test_levels_of_a_category_are_no_thresholds() -> None:
    assert told("1 3", "1 9") == ("1 3", "1 9")


def test_a_number_that_was_never_missing_goes_where_most_rows_went() -> None:
    """The first branching has 30 rows on either side, the second 10 on its left and 20 on its right."""
    assert told("1 3", "2 2") == ("1.0 3.0", "10 8")


@settings(max_examples=15, deadline=None)
@given(FAR, FAR)
def test_far_out_the_answers_are_those_of_the_trained_trees(first: float, second: float) -> None:
    fitted = learn(binary(100), Asked(kind="lightgbm", trees=10))
    rows = np.full((1, 6), first, dtype=np.float32)
    rows[0, 1] = second
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows)) < 1e-5


def test_as_many_trees_are_kept_as_do_best_on_validation() -> None:
    seen: list[Epoch] = []
    data = binary()
    fitted = learn(data, Asked(kind="lightgbm", trees=47, lr=0.9, min_leaf=1), observe=seen.append)
    assert [epoch.number for epoch in seen] == [10, 20, 30, 40, 47]
    assert list(fitted.history) == seen
    best = max(seen, key=lambda epoch: AUROC.rank(epoch.metric, epoch.validation_loss))
    assert fitted.best_epoch == best.number
    assert AUROC.compute(data.validation_y, fitted.predict(data.validation_x)) == pytest.approx(best.metric)


def test_growing_ends_where_a_hundred_trees_more_were_no_better() -> None:
    fitted = learn(binary(), Asked(kind="lightgbm", lr=0.9, min_leaf=1))
    assert fitted.history[-1].number == fitted.best_epoch + 100 < 2_000


def test_a_training_that_is_told_its_size_grows_to_it_and_looks_at_no_validation() -> None:
    data = binary()
    spoilt = replace(data, validation_x=np.zeros_like(data.validation_x))
    ours, theirs = (learn(each, size=13).export() for each in (data, spoilt))
    assert ours == theirs
    assert learn(data, size=13).booster.num_trees() == 13


def test_a_quantile_of_a_number_is_learnt() -> None:
    data = regression(400)
    problem = replace(Problem.of("regression", data), quantile=0.9)
    fitted = candidates.build("a", TREES, problem, NOWHERE).fit(data, replace(session(RMSE), size=60))
    assert 0.87 < np.mean(data.train_y <= fitted.predict(data.train_x)) < 0.93
    scale = Scale.of("regression", data.train_y)
    found = export.check_parity("a", fitted.export(), data.validation_x, fitted.predict(data.validation_x), scale)
    assert found < 1e-5


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_sets_of_levels_are_told_apart_in_onnx_as_in_training(task: Any) -> None:
    """A score of one column's ten levels, in no order; two codes more are of what is unseen and of what is missing."""
    random = np.random.default_rng(0)
    x = np.column_stack([random.integers(1, 12, 800), random.standard_normal(800)]).astype(np.float32)
    score = np.isin(x[:, 0], [2, 5, 7, 11]) + 0.2 * random.standard_normal(800)
    made = {"binary": score > 0.5, "multiclass": np.digitize(score, [0, 0.8]), "regression": score}[task]
    y = made.astype(np.float32 if task == "regression" else np.int64)
    data = Examples(x[:400], y[:400], x[400:], y[400:])
    layout = Layout((Group("codes", (0,), (1,), (12,)), Group("numbers", (1,), (1,))))
    judge = {"binary": AUROC, "multiclass": ACCURACY, "regression": RMSE}[task]
    fitted = candidates.build("a", TREES, Problem.of(task, data, layout), NOWHERE).fit(data, session(judge))
    assert "num_cat=1" in fitted.booster.model_to_string()  # type: ignore[attr-defined]
    rows = np.array([[code, number] for code in range(12) for number in (-1, 0, np.nan)], dtype=np.float32)
    scale = Scale.of(task, data.train_y)
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows), scale) < 1e-5
    assert judge.rank(judge.compute(data.validation_y, fitted.predict(data.validation_x)), 0)[0] > -0.3
