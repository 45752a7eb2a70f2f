"""An ONNX graph of some columns as one of whole rows: it begins by taking them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlops.ml.training.export import finish

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TAKEN = "taken"


def taking(model: bytes, positions: Sequence[int], width: int, shape: Sequence[int]) -> bytes:
    """Let a graph whose input `x` is [N, *shape] have the input `x` [N, width], of which it takes `positions`.

    A Slice takes columns that stand side by side, a Gather others; the same graph and positions give the same bytes.
    """
    found = onnx.load_from_string(model)
    graph = found.graph
    _rename(graph, "x", _TAKEN)
    flat = _TAKEN if len(shape) == 1 else f"{_TAKEN}_flat"
    first, count = positions[0], len(positions)
    if tuple(positions) == tuple(range(first, first + count)):
        named = {"starts": [first], "ends": [first + count], "axes": [1]}
        constants = {f"{_TAKEN}_{name}": np.array(value, np.int64) for name, value in named.items()}
        nodes = [helper.make_node("Slice", ["x", *constants], [flat], name=f"mlops_{flat}")]
    else:
        constants = {f"{_TAKEN}_positions": np.array(positions, np.int64)}
        nodes = [helper.make_node("Gather", ["x", *constants], [flat], name=f"mlops_{flat}", axis=1)]
    if flat != _TAKEN:
        constants[f"{_TAKEN}_shape"] = np.array([-1, *shape], np.int64)
        nodes.append(helper.make_node("Reshape", [flat, f"{_TAKEN}_shape"], [_TAKEN], name=f"mlops_{_TAKEN}"))
    old = list(graph.node)
    del graph.node[:], graph.input[:]
    graph.node.extend([*nodes, *old])
    graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", width]))
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    return finish(found)


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Let all that reads one value read another, in branches and loops too."""
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name == old:
                node.input[place] = new
        for inner in _inner(node.attribute):
            _rename(inner, old, new)


def _inner(attributes: Iterable[Any]) -> list[onnx.GraphProto]:
    return [graph for each in attributes for graph in ([each.g] if each.HasField("g") else [*each.graphs])]
