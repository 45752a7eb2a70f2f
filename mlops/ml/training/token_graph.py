"""Texts in an ONNX graph: rows of a table, gathered by the ids of tokens and added up by their weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.token_input import Tokens


@dataclass
class Graph:
    """Nodes and constants of an ONNX graph, named by their number."""

    prefix: str
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, operator: str, *inputs: str | NDArray[Any], output: str = "", **attributes: Any) -> str:
        """Add a node; arrays among its inputs become constants as they are. Give the name of what comes out."""
        output = output or f"{self.prefix}_{len(self.nodes)}"
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        self.nodes.append(
            helper.make_node(operator, names, [output], name=f"{self.prefix}_n{len(self.nodes)}", **attributes)
        )
        return output

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant."""
        name = f"{self.prefix}_c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def taken(self, x: str, positions: tuple[int, ...]) -> str:
        """Take some columns of `x` [n, width]."""
        return self.add("Gather", x, np.array(positions, dtype=np.int64), axis=1)

    def summed(self, x: str, text: Tokens, table: NDArray[Any]) -> str:
        """Add up rows of a table [size, k] by the ids and weights of a text: [n, k], in double precision.

        What ONNX Runtime adds up in single precision it adds up 8 or 16 at a time, as the processor has it.
        """
        ids = self.add("Cast", self.taken(x, text.ids), to=TensorProto.INT64)
        weights = self.add("Cast", self.taken(x, text.weights), to=TensorProto.DOUBLE)
        rows = self.add("Gather", table, ids, axis=0)
        if table.dtype != np.float64:
            rows = self.add("Cast", rows, to=TensorProto.DOUBLE)
        each = self.add("Mul", rows, self.add("Unsqueeze", weights, np.array([2], dtype=np.int64)))
        return self.add("ReduceSum", each, np.array([1], dtype=np.int64), keepdims=0)
