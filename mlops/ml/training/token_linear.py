"""Linear models over texts: a weight a token, learnt on a sparse matrix, and served as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from mlops.ml.training.token_graph import Graph
from mlops.ml.training.token_input import TokenInput, bag, padded, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.problem import Problem, Scale

    Floats = NDArray[np.float64]


@dataclass(eq=False)
class TokenLinear:
    """An estimator of scikit-learn that learns from rows [n, width] with texts among their columns."""

    inner: Any
    given: TokenInput

    def get_params(self) -> dict[str, Any]:
        """Give what the estimator was made with."""
        found: dict[str, Any] = self.inner.get_params()
        return found

    def set_params(self, **parameters: Any) -> TokenLinear:
        """Change it."""
        self.inner.set_params(**parameters)
        return self

    def fit(self, x: NDArray[Any], y: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> TokenLinear:
        """Learn a weight for each plain column and each token."""
        self.inner.fit(self.given.counted(x), y, sample_weight=sample_weight)
        return self

    def predict(self, x: NDArray[Any]) -> Floats:
        """Answer [n]."""
        return np.asarray(self.inner.predict(self.given.counted(x)), dtype=np.float64)

    def predict_proba(self, x: NDArray[Any]) -> Floats:
        """Give the probability of each class [n, classes]."""
        return np.asarray(self.inner.predict_proba(self.given.counted(x)), dtype=np.float64)

    @property
    def weights(self) -> Floats:
        """Weights [outputs, columns], one output for a number or two classes."""
        return np.atleast_2d(np.asarray(self.inner.coef_, dtype=np.float64))

    @property
    def intercepts(self) -> Floats:
        """What is added to each output [outputs]."""
        return np.ravel(np.asarray(self.inner.intercept_, dtype=np.float64))

    def parts(self, x: NDArray[Any]) -> Floats:
        """Say what each column of `x` adds to each output [n, width, outputs]; a token's is where its weight is."""
        found = np.zeros((len(x), self.given.width, len(self.weights)))
        plain, *tables = split(self.weights, self.given)
        found[:, self.given.plain] = self.given.numbers(x).astype(np.float64)[:, :, None] * plain.T
        for text, table in zip(self.given.texts, tables, strict=True):
            ids, weights = x[:, text.ids].astype(np.int64), x[:, text.weights].astype(np.float64)
            found[:, text.weights] = padded(table.T)[ids] * weights[:, :, None]
        return found

    def usual(self, x: NDArray[Any]) -> Floats:
        """Say what columns add to outputs on average over rows [width, outputs]; a text in its first column."""
        found = np.zeros((self.given.width, len(self.weights)))
        plain, *tables = split(self.weights, self.given)
        found[list(self.given.plain)] = self.given.numbers(x).mean(axis=0, dtype=np.float64)[:, None] * plain.T
        for text, table in zip(self.given.texts, tables, strict=True):
            found[text.ids[0]] = np.asarray(bag(x, text).mean(axis=0)).ravel() @ table.T
        return found

    def export(self, problem: Problem, scale: Scale) -> onnx.ModelProto:
        """Write the graph: products and sums in double precision, and the answer in single.

        float64 stays where the target's numbers are too far from 0 for float32.
        """
        graph = Graph("linear")
        plain, *tables = split(self.weights, self.given)
        sums = [graph.summed("x", text, padded(table.T)) for text, table in zip(self.given.texts, tables, strict=True)]
        if self.given.plain:
            numbers = graph.add("Cast", graph.taken("x", self.given.plain), to=TensorProto.DOUBLE)
            sums.append(graph.add("MatMul", numbers, plain.T))
        total = self.intercepts[None, :]
        margin = graph.add("Add", sums[0], total)
        for each in sums[1:]:
            margin = graph.add("Add", margin, each)
        return _model(graph, _answered(graph, margin, problem, scale), problem, scale)


def _answered(graph: Graph, margin: str, problem: Problem, scale: Scale) -> str:
    if problem.task == "multiclass":
        return graph.add("Softmax", margin, axis=-1)
    flat = graph.add("Reshape", margin, np.array([-1], dtype=np.int64))
    if problem.task == "binary":
        return graph.add("Sigmoid", flat)
    return graph.add("Add", graph.add("Mul", flat, np.array(scale.deviation)), np.array(scale.mean))


def _model(graph: Graph, answer: str, problem: Problem, scale: Scale) -> onnx.ModelProto:
    kind = TensorProto.DOUBLE if scale.wide else TensorProto.FLOAT
    graph.add("Cast", answer, output="y", to=kind)
    shape: list[str | int | None] = ["N", problem.outputs] if problem.task == "multiclass" else ["N"]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "model",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *problem.shape])],
            [helper.make_tensor_value_info("y", kind, shape)],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
    )
