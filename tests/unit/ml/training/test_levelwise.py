"""Trees of XGBoost: what is served answers as what was trained, at thresholds and far out too."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.column_group import Group, Layout
from mlops.errors import InfrastructureError, IntegrityError
from mlops.ml.training import candidates, export, levelwise_graph
from mlops.ml.training.asked import Asked
from mlops.ml.training.levelwise import alone
from mlops.ml.training.levelwise_model import directed, start
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.session import Epoch, Judge
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, binary, regression, session

pytestmark = pytest.mark.slow

FAR = st.floats(-(2.0**100), 2.0**100, width=32)
TREES = Asked(kind="xgboost", trees=60, lr=0.3)
JUDGES: dict[Any, Judge] = {"binary": AUROC, "multiclass": ACCURACY, "regression": RMSE}
TASKS = list(JUDGES)


def learn(data: Examples, asked: Asked = TREES, **changes: Any) -> Any:
    problem = Problem.of("binary", data)
    return candidates.build("a", asked, problem, NOWHERE).fit(data, replace(session(), **changes))


def coded(task: Any, levels: int, rows: int) -> tuple[Examples, Problem]:
    """A column of codes in no order, beside what is unseen and what is missing, and a number with gaps."""
    random = np.random.default_rng(0)
    code, number = random.integers(1, levels + 2, rows * 2), random.standard_normal(rows * 2)
    score = np.isin(code, random.permutation(levels)[: levels // 2]) + number + 0.2 * random.standard_normal(rows * 2)
    number[random.random(rows * 2) < 0.2] = np.nan
    x = np.column_stack([code, number]).astype(np.float32)
    made = {"binary": score > 0.5, "multiclass": np.digitize(score, [0, 0.8]), "regression": score}[task]
    y = made.astype(np.float32 if task == "regression" else np.int64)
    data = Examples(x[:rows], y[:rows], x[rows:], y[rows:])
    layout = Layout((Group("codes", (0,), (1,), (levels + 2,)), Group("numbers", (1,), (1,))))
    return data, Problem.of(task, data, layout)


def test_a_row_exactly_at_a_threshold_goes_the_same_way_in_onnx() -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 1000, (400, 3)).astype(np.float32) / np.float32(1000)
    y = ((x[:, 0] > 0.5) ^ (x[:, 1] > 0.3)).astype(np.int64)
    fitted = learn(Examples(x, y, x, y), Asked(kind="xgboost", trees=100, min_hessian=0))
    near = [np.nextafter(x, np.float32(way)) for way in (-1, 2)]
    rows = np.concatenate([x, (x[:-1] + x[1:]) / 2, *near]).astype(np.float32)
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows)) < 1e-5


def test_a_graph_that_takes_less_for_at_most_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    data = binary()
    fitted = learn(data, size=20)
    told = json.loads(fitted.booster.save_raw("json"))
    (first, *_) = told["learner"]["gradient_booster"]["model"]["trees"]
    row = data.train_x[:1].copy()
    row[0, first["split_indices"][0]] = first["split_conditions"][0]
    expected = fitted.predict(row)
    assert export.check_parity("a", fitted.export(), row, expected) < 1e-5
    monkeypatch.setattr(levelwise_graph, "_LESS", "BRANCH_LEQ")
    with pytest.raises(IntegrityError):
        export.check_parity("a", fitted.export(), row, expected)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("levels", [10, 64, 1_000])
def test_ten_thousand_rows_of_levels_and_gaps_are_answered_as_in_training(task: Any, levels: int) -> None:
    """Rows of the training, those beside its thresholds, the greatest numbers, every code, gaps."""
    data, problem = coded(task, levels, 2_000)
    fitted = candidates.build("a", TREES, problem, NOWHERE).fit(data, replace(session(JUDGES[task]), size=40))
    seen = data.train_x
    below, above = (np.nextafter(seen, np.float32(way)) for way in (-np.inf, np.inf))
    for moved in (below, above):
        moved[:, 0] = seen[:, 0]
    far = [np.nan, 0.0, float(np.finfo(np.float32).max), float(np.finfo(np.float32).min)]
    every = np.array([[code, number] for code in range(levels + 2) for number in far], dtype=np.float32)
    rows = np.concatenate([seen, data.validation_x, below, above, every, every, seen])[:10_048]
    assert len(rows) > 10_000
    scale = Scale.of(task, data.train_y)
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows), scale) < 1e-5


def test_few_levels_are_told_apart_by_sets_and_many_by_their_order() -> None:
    def kinds(levels: int) -> set[int]:
        data, problem = coded("regression", levels, 400)
        fitted: Any = candidates.build("a", TREES, problem, NOWHERE).fit(data, replace(session(RMSE), size=5))
        told = json.loads(fitted.booster.save_raw("json"))
        return {kind for tree in told["learner"]["gradient_booster"]["model"]["trees"] for kind in tree["split_type"]}

    assert kinds(64) == {0, 1}
    assert kinds(65) == {0}


@settings(max_examples=15, deadline=None)
@given(FAR, FAR)
def test_far_out_the_answers_are_those_of_the_trained_trees(first: float, second: float) -> None:
    fitted = learn(binary(100), Asked(kind="xgboost", trees=10))
    rows = np.full((1, 6), first, dtype=np.float32)
    rows[0, 1] = second
    assert export.check_parity("a", fitted.export(), rows, fitted.predict(rows)) < 1e-5


@pytest.mark.parametrize("share", [0.03, 0.97])
def test_where_every_leaf_says_the_same_class_scores_are_probabilities(share: float) -> None:
    """ONNX Runtime treats trees of one sign in a way of its own."""
    random = np.random.default_rng(0)
    x = random.standard_normal((400, 2)).astype(np.float32)
    y = (random.random(400) < share).astype(np.int64)
    fitted = learn(Examples(x, y, x, y), Asked(kind="xgboost", trees=3, depth=1), size=3)
    assert export.check_parity("a", fitted.export(), x, fitted.predict(x)) < 1e-6
    assert fitted.predict(x).mean() == pytest.approx(y.mean(), abs=0.01)


def test_as_many_trees_are_kept_as_do_best_on_validation() -> None:
    seen: list[Epoch] = []
    data = binary()
    fitted = learn(data, Asked(kind="xgboost", trees=47, lr=0.9), observe=seen.append)
    assert [epoch.number for epoch in seen] == [10, 20, 30, 40, 47]
    assert list(fitted.history) == seen
    best = max(seen, key=lambda epoch: AUROC.rank(epoch.metric, epoch.validation_loss))
    assert fitted.best_epoch == best.number == fitted.booster.num_boosted_rounds()
    assert AUROC.compute(data.validation_y, fitted.predict(data.validation_x)) == pytest.approx(best.metric)


def test_growing_ends_where_a_hundred_trees_more_were_no_better() -> None:
    fitted = learn(binary(), Asked(kind="xgboost", lr=0.9))
    assert fitted.history[-1].number == fitted.best_epoch + 100 < 2_000


def test_a_training_that_is_told_its_size_grows_to_it_and_looks_at_no_validation() -> None:
    data = binary()
    spoilt = replace(data, validation_x=np.zeros_like(data.validation_x))
    ours, theirs = (learn(each, size=13).export() for each in (data, spoilt))
    assert ours == theirs
    assert learn(data, size=13).booster.num_boosted_rounds() == 13


def test_threads_change_no_byte() -> None:
    data = binary(3_000)
    one, two = (learn(data, size=20, options=session(threads=threads).options).export() for threads in (1, 2))
    assert one == two


def test_a_quantile_of_a_number_is_learnt() -> None:
    data = regression(400)
    problem = replace(Problem.of("regression", data), quantile=0.9)
    fitted = candidates.build("a", TREES, problem, NOWHERE).fit(data, replace(session(RMSE), size=60))
    assert 0.87 < np.mean(data.train_y <= fitted.predict(data.train_x)) < 0.93
    scale = Scale.of("regression", data.train_y)
    found = export.check_parity("a", fitted.export(), data.validation_x, fitted.predict(data.validation_x), scale)
    assert found < 1e-5


def tree(left: float, right: float, kind: int = 0) -> dict[str, Any]:
    """A branching with so much weight on either side."""
    return {
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0],
        "split_type": [kind, 0, 0],
        "default_left": [0, 0, 0],
        "sum_hessian": [left + right, left, right],
    }


@pytest.mark.parametrize(
    ("branching", "gap", "left"),
    [
        (tree(30, 10), False, 1),
        (tree(20, 20), False, 1),
        (tree(10, 30), False, 0),
        (tree(30, 10), True, 0),
        (tree(30, 10, kind=1), False, 0),
    ],
    ids=["most went left", "as many on both sides", "most went right", "the column had gaps", "by sets of levels"],
)
def test_a_number_that_was_never_missing_goes_where_most_rows_went(
    branching: dict[str, Any], gap: bool, left: int
) -> None:
    told = {"learner": {"gradient_booster": {"model": {"trees": [branching]}}}}
    directed(told, np.array([gap]))
    assert branching["default_left"] == [left, 0, 0]


@pytest.mark.parametrize(
    ("objective", "said", "outputs", "expected"),
    [
        ("binary:logistic", "[7.5E-1]", 1, [np.log(3)]),
        ("multi:softprob", "[1E-1,-2E-1,3E-1]", 3, [0.1, -0.2, 0.3]),
        ("multi:softprob", "5E-1", 3, [0.5, 0.5, 0.5]),
        ("reg:squarederror", "[2.5E-1]", 1, [0.25]),
    ],
)
def test_what_is_answered_before_any_tree(objective: str, said: str, outputs: int, expected: list[float]) -> None:
    told = {"learner": {"objective": {"name": objective}, "learner_model_param": {"base_score": said}}}
    assert start(told, outputs) == pytest.approx(expected, rel=1e-6)


def test_two_wheels_of_one_package_are_refused() -> None:
    with pytest.raises(InfrastructureError) as caught:
        alone(lambda name: "3.2.0")
    assert caught.value.message == (
        "both xgboost and xgboost-cpu are installed, and each has written the package `xgboost`: which of them would"
        " train is not known"
    )
    assert caught.value.hint == ('pip uninstall xgboost xgboost-cpu, then pip install "mlops-by-pull-request[xgboost]"')


@pytest.mark.parametrize("wheel", ["xgboost", "xgboost-cpu"])
def test_one_wheel_is_enough(wheel: str) -> None:
    def installed(name: str) -> str:
        if name != wheel:
            raise importlib.metadata.PackageNotFoundError(name)
        return "3.2.0"

    alone(installed)
