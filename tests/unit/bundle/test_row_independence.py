from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from mlops.bundle.model import OnnxModel
from mlops.bundle.onnx_file import operators
from mlops.bundle.predictor import Predictor
from mlops.bundle.row_independence import one_row_is_like_many
from tests.builders.bundles import make_model
from tests.builders.mixed import KEPT
from tests.kept.make import unpack


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_trees_alone_are_scored_without_a_twin(kept: Path, tmp_path: Path) -> None:
    model = Predictor.open(unpack(kept, tmp_path / "bundle")).model
    assert model.least == (1 if kept.stem.startswith(("boosting", "catboost", "forest", "lightgbm", "xgboost")) else 2)


def test_operators_are_those_of_every_graph() -> None:
    data = make_model((3,))
    assert operators(data) == {node.op_type for node in onnx.load_model_from_string(data).graph.node}
    assert OnnxModel(data).least == 2


@pytest.mark.parametrize(("kind", "alike"), [("Relu", True), ("Sigmoid", False), ("Exp", False), ("Softmax", False)])
def test_an_operator_that_is_not_known_to_take_rows_by_themselves_is_not_trusted(kind: str, *, alike: bool) -> None:
    assert one_row_is_like_many(_graph([helper.make_node(kind, ["x"], ["y"])])) is alike


def test_an_operator_within_another_counts() -> None:
    inner = helper.make_graph(
        [helper.make_node("MatMul", ["x", "x"], ["z"])], "inner", [], [helper.make_tensor_value_info("z", 1, None)]
    )
    node = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    assert operators(_graph([node])) == {"If", "MatMul"}
    assert not one_row_is_like_many(_graph([node]))


def test_a_function_of_the_file_is_not_trusted_by_its_name() -> None:
    made = onnx.load_model_from_string(_graph([helper.make_node("Relu", ["x"], ["y"])]))
    body = [helper.make_node("Identity", ["a"], ["b"])]
    made.functions.append(helper.make_function("", "Mine", ["a"], ["b"], body, [helper.make_opsetid("", 17)]))
    assert "Mine" in operators(made.SerializeToString())


def _graph(nodes: list[onnx.NodeProto]) -> bytes:
    given, made = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy")
    model = helper.make_model(helper.make_graph(nodes, "graph", [given], [made]), ir_version=8)
    return bytes(model.SerializeToString())
