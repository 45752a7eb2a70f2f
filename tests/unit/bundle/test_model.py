from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from mlops.bundle.model import OnnxModel
from mlops.errors import IntegrityError
from tests.builders.bundles import make_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("width", [1, 7, 100])
def test_a_score_does_not_depend_on_the_rows_beside_it(task: str, width: int) -> None:
    model = OnnxModel(make_model((width,), task))
    x = np.random.default_rng(0).normal(size=(300, width)).astype(np.float32)
    whole = model.score(x)
    for size in (1, 2, 3, 5, 16, 100):
        parts = [model.score(x[start : start + size]) for start in range(0, 300, size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize(("task", "shape"), [("binary", (0,)), ("multiclass", (0, 3)), ("regression", (0,))])
def test_no_rows_get_no_scores(task: str, shape: tuple[int, ...]) -> None:
    assert OnnxModel(make_model((4,), task)).score(np.zeros((0, 4), dtype=np.float32)).shape == shape


def graph_of(node: onnx.NodeProto, kind: int = TensorProto.FLOAT, names: tuple[str, str] = ("x", "y")) -> bytes:
    ends = [helper.make_tensor_value_info(name, kind, ["n"]) for name in names]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("evil", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def test_an_operator_of_a_foreign_domain_is_refused() -> None:
    with pytest.raises(IntegrityError) as caught:
        OnnxModel(graph_of(helper.make_node("Shell", ["x"], ["y"], domain="evil")))
    assert str(caught.value) == "model.onnx uses an operator of the domain `evil`, which is not part of ONNX"


def test_a_foreign_operator_in_a_branch_is_found() -> None:
    value = helper.make_tensor_value_info("b", TensorProto.FLOAT, ["n"])
    branch = helper.make_graph([helper.make_node("Shell", ["x"], ["b"], domain="evil")], "b", [], [value])
    node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    with pytest.raises(IntegrityError, match="domain `evil`"):
        OnnxModel(graph_of(node))


def test_a_foreign_operator_in_a_function_is_found() -> None:
    body = [helper.make_node("Shell", ["x"], ["y"], domain="evil")]
    function = helper.make_function("", "Mine", ["x"], ["y"], body, [helper.make_opsetid("evil", 1)])
    model = onnx.load_model_from_string(make_model((2,)))
    model.functions.append(function)
    with pytest.raises(IntegrityError, match="domain `evil`"):
        OnnxModel(model.SerializeToString())


def test_weights_in_another_file_are_refused(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(make_model((100,)))
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    with pytest.raises(IntegrityError) as caught:
        OnnxModel(path.read_bytes())
    assert str(caught.value) == "model.onnx keeps tensors in another file"


def test_external_weights_inside_a_constant_are_refused() -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    with pytest.raises(IntegrityError, match="keeps tensors in another file"):
        OnnxModel(graph_of(helper.make_node("Constant", [], ["y"], value=tensor)))


def field(number: int, content: bytes, tag_beyond: int = 0) -> bytes:
    """Spell a field with content; a tag that counts beyond 32 bits is one that protobuf cuts off."""
    return varint((number << 3 | 2) + tag_beyond) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def test_a_field_whose_number_only_the_runtime_understands_is_refused() -> None:
    model = onnx.load_model_from_string(make_model((2,)))
    (node,) = (n for n in model.graph.node if n.op_type == "Sigmoid")
    hidden = field(7, b"evil", tag_beyond=1 << 32)
    spoilt = node.SerializeToString() + hidden
    graph = model.graph.SerializeToString().replace(field(1, node.SerializeToString()), field(1, spoilt))
    assert hidden in graph
    with pytest.raises(IntegrityError, match=r"^model\.onnx is not an ONNX file$"):
        OnnxModel(model.SerializeToString() + field(7, graph))


def test_a_file_that_is_also_of_the_runtimes_own_format_is_read_as_onnx(tmp_path: Path) -> None:
    """ONNX Runtime knows its own format by four letters; what hides there was not walked."""
    options, root = ort.SessionOptions(), 0x8008  # in bytes: a field and the number it holds, to protobuf
    options.optimized_model_filepath = str(tmp_path / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.log_severity_level = 4
    ort.InferenceSession(make_model((3,)), options, providers=["CPUExecutionProvider"])
    inner = (tmp_path / "model.ort").read_bytes()
    start = root - int.from_bytes(inner[:4], "little")
    data = (root.to_bytes(4, "little") + b"ORTM").ljust(91, b"\0")  # and two fields that nobody knows
    data += field(15, bytes(start - len(data) - 4) + inner) + field(7, b"")
    assert data[start:].startswith(inner)
    with pytest.raises(IntegrityError, match=r"^model\.onnx "):
        OnnxModel(data)


@pytest.mark.parametrize("data", [b"", b"\x80\x04K\x01.", b"PK\x03\x04", b"\x93NUMPY", b"not a model", b"\x3a\xff"])
def test_what_is_no_onnx_file_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"^model\.onnx is not an ONNX file$"):
        OnnxModel(data)


def test_an_onnx_file_that_the_runtime_refuses_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"^model\.onnx cannot be loaded: "):
        OnnxModel(graph_of(helper.make_node("NoSuchOperator", ["x"], ["y"])))


def test_a_model_with_other_ends_is_refused() -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    with pytest.raises(IntegrityError, match="must have one input `x` and one output `y`"):
        OnnxModel(graph_of(node, names=("a", "b")))
    with pytest.raises(IntegrityError, match="must take float32, and give float32 or float64"):
        OnnxModel(graph_of(helper.make_node("Identity", ["x"], ["y"]), kind=TensorProto.DOUBLE))
