"""A candidate that reads some columns: trained, asked and written as one that has no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.column_group import Group, Layout
from mlops.errors import ConfigurationError, DataError
from mlops.ml.training import candidates, columns, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.columns import Columns
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Fitted
from mlops.ml.training.taking_graph import taking
from tests.builders.bundles import make_model
from tests.builders.training import NOWHERE, binary, session

LAYOUT = Layout((Group("codes", (0, 1), (2,)), Group("scaled", (2, 3, 4), (3,)), Group("onehot", (5,), (1,))))
APART = Layout((Group("scaled", (0, 1, 4), (3,)), Group("codes", (2, 3), (2,)), Group("onehot", (5,), (1,))))


def learn(layout: Layout, data: Examples, kind: str = "linear", **parameters: Any) -> Fitted:
    problem = Problem.of("binary", data, layout)
    return candidates.build("a", Asked(kind=kind, **parameters), problem, NOWHERE).fit(data, session())


def only(data: Examples, places: list[int]) -> Examples:
    return replace(data, train_x=data.train_x[:, places].copy(), validation_x=data.validation_x[:, places].copy())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["linear", "random_forest", "mlp"])
@pytest.mark.parametrize(
    ("layout", "places", "node"), [(LAYOUT, [2, 3, 4, 5], "Slice"), (APART, [0, 1, 4, 5], "Gather")]
)
def test_it_is_the_model_of_its_columns_alone(kind: str, layout: Layout, places: list[int], node: str) -> None:
    data, part = binary(120), only(binary(120), places)
    whole, alone = learn(layout, data, kind), learn(Layout(), part, kind)
    assert whole.predict(data.validation_x).tobytes() == alone.predict(part.validation_x).tobytes()
    graph, inner = whole.export(), alone.export()
    assert onnx.load_from_string(graph).graph.node[0].op_type == node
    assert export.run(graph, data.validation_x).tobytes() == export.run(inner, part.validation_x).tobytes()
    assert columns.narrowed(whole, places).export() == inner
    assert columns.positions(whole) == frozenset(places)


@pytest.mark.slow
def test_what_reads_all_columns_is_left_as_it_is() -> None:
    data = binary(120)
    layout = Layout((Group("scaled", (0, 1, 2, 3, 4), (5,)), Group("onehot", (5,), (1,))))
    assert learn(layout, data).export() == learn(Layout(), data).export()
    assert columns.positions(learn(layout, data)) is None


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    places=st.lists(st.integers(0, 7), min_size=1, unique=True).map(sorted),
    rows=st.integers(1, 5),
    task=st.sampled_from(["binary", "multiclass", "regression"]),
)
def test_a_graph_that_takes_columns_says_what_it_says_of_them(places: list[int], rows: int, task: str) -> None:
    x = np.random.default_rng(0).standard_normal((rows, 8), dtype=np.float32)
    model = make_model((len(places),), task)
    part = Columns(tuple(places), 8, (len(places),)).take(x)
    assert part.tobytes() == x[:, places].tobytes()
    taken = taking(model, places, 8, (len(places),))
    assert export.run(taken, x).tobytes() == export.run(export.finish(onnx.load_from_string(model)), part).tobytes()
    assert taken == taking(model, places, 8, (len(places),))


@pytest.mark.parametrize("places", [[2, 3, 4, 5, 6, 7], [0, 2, 3, 5, 6, 7]])
def test_columns_are_given_the_shape_that_a_model_sees(places: list[int]) -> None:
    x = np.random.default_rng(0).standard_normal((3, 8), dtype=np.float32)
    model = make_model((1, 2, 3))
    seen = Columns(tuple(places), 8, (1, 2, 3))
    assert seen.take(x).shape == (3, 1, 2, 3)
    taken = taking(model, places, 8, (1, 2, 3))
    assert export.run(taken, x).tobytes() == export.run(model, seen.take(x)).tobytes()


def test_columns_side_by_side_are_no_copy() -> None:
    x = np.zeros((4, 6), dtype=np.float32)
    assert np.shares_memory(Columns((1, 2, 3), 6, (3,)).take(x), x)
    assert not np.shares_memory(Columns((1, 3), 6, (2,)).take(x), x)


def test_only_numbers_as_they_are_may_be_missing() -> None:
    data = binary(60)
    layout = Layout((Group("scaled", (0, 1, 2), (3,)), Group("numbers", (3, 4, 5), (3,))))
    data.train_x[3, 4] = np.nan
    assert Problem.of("binary", data, layout).layout.missing == (3, 4, 5)
    data.train_x[5, 1] = np.nan
    with pytest.raises(DataError) as error:
        Problem.of("binary", data, layout)
    assert error.value.message == "train_x has 1 numbers that are not finite"
    data.train_x[5, 1] = 0
    data.train_x[5, 5] = np.inf
    with pytest.raises(DataError) as error:
        Problem.of("binary", data, layout)
    assert error.value.message == "train_x has 1 numbers that are not finite"


def test_columns_that_are_not_there_are_told() -> None:
    data = binary(60)
    with pytest.raises(ConfigurationError) as error:
        learn(Layout((Group("scaled", tuple(range(6)), (6,)),)), data, "random_forest", columns="native")
    assert error.value.message == "candidate a reads `numbers`, `codes`, and the features have no such columns"
    assert error.value.hint == "groups of columns here: scaled"


def test_a_model_knows_the_layout_of_what_it_sees() -> None:
    problem = replace(Problem.of("binary", binary(60), APART), numbers=("a", "b", None, None, "e", None))
    seen = problem.reading(["codes", "scaled"])
    assert (seen.shape, seen.numbers) == ((5,), ("a", "b", None, None, "e"))
    assert seen.layout == Layout((Group("scaled", (0, 1, 4), (3,)), Group("codes", (2, 3), (2,))))
