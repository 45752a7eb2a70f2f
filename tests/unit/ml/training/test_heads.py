"""What is done to scores is the same in NumPy and in the graph, monotone, and undone where it must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from mlops.errors import DataError
from mlops.ml.training import export
from mlops.ml.training.heads import Head, OneVersusRest, Prior, Temperature, Undone, attach, through
from mlops.statistics.recalibration import Isotonic, Logistic, temperature, tempered

pytestmark = pytest.mark.slow


def plain(classes: int = 0) -> bytes:
    """A graph that answers what it is given."""
    shape: list[Any] = ["N", classes] if classes else ["N"]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"], name="same")], "model", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", export.OPSET)])
    return export.finish(model)


def rows(seed: int = 0, count: int = 400) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Probabilities whose odds are off by a factor of two, and what came of them."""
    draw = np.random.default_rng(seed)
    odds = draw.normal(-0.5, 1.0, count)
    y = (draw.random(count) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    return 1 / (1 + np.exp(-2 * odds)), y


def classes(seed: int = 0, count: int = 400) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    draw = np.random.default_rng(seed)
    logits = draw.normal(size=(count, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([draw.choice(3, p=row) for row in p])
    sharp = np.exp(2 * logits) / np.exp(2 * logits).sum(axis=1, keepdims=True)
    return sharp.astype(np.float32), y


P, Y = rows()
ONES = np.ones(len(P))
CURVE = Isotonic.fit(P, Y, ONES)
LINE = Logistic.fit(P, Y, ONES)
BINARY: list[Head] = [Prior((0.7, 3.0)), Temperature(1.7), OneVersusRest((CURVE,)), OneVersusRest((LINE,))]
SEVERAL: list[Head] = [
    Prior((1.0, 2.0, 0.5)),
    Temperature(1.7),
    OneVersusRest((CURVE, CURVE, LINE)),
    OneVersusRest((Isotonic((0.5,), (0.25,)), CURVE, CURVE)),
]
NUMBERS: list[Head] = [
    Undone("log"),
    Undone("log1p"),
    Undone("sqrt"),
    Undone("log", 1.2),
    Undone("log1p", 1.2),
    Undone("sqrt", 0.4),
]


@pytest.mark.parametrize("head", BINARY, ids=lambda head: type(head).__name__)
def test_a_graph_says_what_numpy_says_of_two_classes(head: Head) -> None:
    score = np.concatenate([P, [0.0, 1.0, 1e-9, 1 - 1e-7]]).astype(np.float32)
    answer = export.run(attach(plain(), [head]), score)
    assert answer.dtype == np.float32
    assert answer == pytest.approx(through([head], score), rel=2e-6, abs=1e-9)
    assert export.check_parity("a", attach(plain(), [head]), score, through([head], score)) < 1e-6
    assert ((answer >= 0) & (answer <= 1)).all()


@pytest.mark.parametrize("head", SEVERAL, ids=lambda head: type(head).__name__)
def test_a_graph_says_what_numpy_says_of_several_classes(head: Head) -> None:
    score, _ = classes()
    answer = export.run(attach(plain(3), [head]), score)
    assert answer == pytest.approx(through([head], score), rel=2e-6, abs=1e-9)
    assert answer.sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("head", NUMBERS, ids=str)
def test_a_graph_gives_numbers_their_units_back(head: Head) -> None:
    score = np.linspace(-3, 9, 200).astype(np.float32)
    assert export.run(attach(plain(), [head]), score) == pytest.approx(through([head], score), rel=2e-6)


def test_heads_stand_one_behind_the_other() -> None:
    both = [Prior((1.0, 2.0)), OneVersusRest((CURVE,))]
    score = P.astype(np.float32)
    assert export.run(attach(plain(), both), score) == pytest.approx(through(both, score), rel=2e-6, abs=1e-9)
    names = [node.name for node in onnx.load_from_string(attach(plain(), both)).graph.node]
    assert len(names) == len(set(names))


@given(values=st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=20), name=st.sampled_from(["log", "log1p", "sqrt"]))
def test_a_transform_is_undone(values: list[float], name: Any) -> None:
    known = np.array(values)
    made = {"log": np.log, "log1p": np.log1p, "sqrt": np.sqrt}[name](known)
    assert Undone(name).apply(made) == pytest.approx(known)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(5, 300), rounded=st.booleans())
def test_calibrators_are_monotone_and_give_probabilities(seed: int, count: int, rounded: bool) -> None:
    p, y = rows(seed, count)
    p = np.round(p, 1) if rounded else p
    y[:2] = (0.0, 1.0)
    weights = np.random.default_rng(seed).integers(1, 5, count).astype(np.float64)
    grid = np.linspace(0, 1, 500)
    found: list[Any] = [Isotonic.fit(p, y, weights)]
    try:
        found.append(Logistic.fit(p, y, weights))
    except DataError as error:
        assert error.message == "objective.calibrate: on validation, higher probabilities came true less often"
    for each in found:
        mapped = each.apply(grid)
        assert (np.diff(mapped) >= -1e-12).all()
        assert ((mapped >= -1e-12) & (mapped <= 1 + 1e-12)).all()
    assert (np.diff(tempered(grid, temperature(p, y.astype(int), weights))) >= 0).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_weight_of_three_is_three_rows_to_a_calibrator(seed: int) -> None:
    p, y = rows(seed, 120)
    by = np.random.default_rng(seed).integers(1, 4, 120).astype(np.float64)
    copied = np.repeat(np.arange(120), by.astype(int))
    ones, grid = np.ones(len(copied)), np.linspace(0.01, 0.99, 50)
    curve = Isotonic.fit(p, y, by).apply(grid)
    assert curve == pytest.approx(Isotonic.fit(p[copied], y[copied], ones).apply(grid), abs=1e-9)
    again = temperature(p[copied], y[copied].astype(int), ones)
    assert temperature(p, y.astype(int), by) == pytest.approx(again, rel=1e-4)


@pytest.mark.parametrize("fit", [Isotonic.fit, Logistic.fit])
def test_what_was_off_by_a_factor_is_put_right(fit: Any) -> None:
    p, y = rows(1, 20_000)
    new, truth = rows(2, 20_000)
    mapped = fit(p, y, np.ones(len(p))).apply(new)
    assert mapped.mean() == pytest.approx(truth.mean(), abs=0.015)
    odds = np.log(new / (1 - new)) / 2
    assert np.abs(mapped - 1 / (1 + np.exp(-odds))).mean() < 0.015


def test_temperature_finds_the_factor() -> None:
    p, y = rows(1, 20_000)
    assert temperature(p, y.astype(int), np.ones(len(p))) == pytest.approx(2, rel=0.06)
    score, labels = classes(1, 6_000)
    assert temperature(score, labels, np.ones(len(labels))) == pytest.approx(2, rel=0.06)


def test_class_weights_are_taken_out_of_probabilities() -> None:
    true = np.array([0.1, 0.5, 0.9])
    learnt = 3 * true / (3 * true + 0.5 * (1 - true))
    assert Prior((0.5, 3.0)).apply(learnt) == pytest.approx(true)


def test_a_map_that_falls_is_refused() -> None:
    p, y = rows()
    with pytest.raises(DataError) as error:
        Logistic.fit(1 - p, y, np.ones(len(p)))
    assert error.value.hint == "look at the model first: calibration keeps its order of rows"
