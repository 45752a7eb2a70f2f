"""What is done to a model's scores before they are answers: the same in NumPy and in the ONNX graph.

All of it is in double precision.
A head maps scores [n] or [n, classes] to scores of the same shape; each is monotone in what it maps, and none knows
other rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlops.ml.training import export
from mlops.statistics.recalibration import EDGE, Isotonic, Logistic, tempered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.blocks.objective import Transform
    from mlops.ml.training.session import Epoch, Fitted


class Head(Protocol):
    """A map of scores."""

    def apply(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map scores in double precision."""
        ...

    def draw(self, steps: Steps, score: str) -> str:
        """Write the same into a graph whose scores bear a name; give the name of what comes out."""
        ...


@dataclass
class Steps:
    """Nodes and constants that are added to a graph, named by their number."""

    prefix: str
    classes: bool
    """Whether scores are [n, classes]."""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, operator: str, *inputs: str | NDArray[Any] | float, **attributes: Any) -> str:
        """Add a node; numbers among its inputs become constants of double precision."""
        output = f"{self.prefix}_{len(self.nodes)}"
        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        self.nodes.append(helper.make_node(operator, names, [output], name=output, **attributes))
        return output

    def sum(self, of: str) -> str:
        """Add up over the last axis, which is kept."""
        return self.add("ReduceSum", of, np.array([-1], dtype=np.int64), keepdims=1)

    def _constant(self, value: NDArray[Any] | float) -> str:
        name = f"{self.prefix}_c{len(self.constants)}"
        array = np.asarray(value)
        self.constants.append(numpy_helper.from_array(array if array.dtype == np.int64 else array.astype(float), name))
        return name


@dataclass(frozen=True)
class Prior:
    """Takes class weights of training out of probabilities: p / v, made to add up to 1 (Elkan 2001, theorem 2)."""

    weights: tuple[float, ...]

    def apply(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map probabilities."""
        if score.ndim == 1:
            second, first = score / self.weights[1], (1 - score) / self.weights[0]
            return np.asarray(second / (second + first))
        raised = score / np.array(self.weights)
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def draw(self, steps: Steps, score: str) -> str:
        """Write the same into a graph."""
        if not steps.classes:
            second = steps.add("Div", score, self.weights[1])
            first = steps.add("Div", steps.add("Sub", 1.0, score), self.weights[0])
            return steps.add("Div", second, steps.add("Add", second, first))
        raised = steps.add("Div", score, np.array(self.weights))
        return steps.add("Div", raised, steps.sum(raised))


@dataclass(frozen=True)
class Undone:
    """Gives a target that was learnt as a transform of itself its units back; `smear` is what makes a median a mean."""

    transform: Transform
    smear: float | None = None

    def apply(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map predictions."""
        if self.transform == "sqrt":
            return np.asarray(np.maximum(score, 0.0) ** 2 + (self.smear or 0.0))
        raised = np.exp(score) * (1.0 if self.smear is None else self.smear)
        return np.asarray(raised - 1.0 if self.transform == "log1p" else raised)

    def draw(self, steps: Steps, score: str) -> str:
        """Write the same into a graph."""
        if self.transform == "sqrt":
            root = steps.add("Max", score, 0.0)
            return steps.add("Add", steps.add("Mul", root, root), self.smear or 0.0)
        raised = steps.add("Mul", steps.add("Exp", score), 1.0 if self.smear is None else self.smear)
        return steps.add("Sub", raised, 1.0) if self.transform == "log1p" else raised


@dataclass(frozen=True)
class Temperature:
    """Divides logits by a number."""

    by: float

    def apply(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map probabilities."""
        return tempered(score, self.by)

    def draw(self, steps: Steps, score: str) -> str:
        """Write the same into a graph."""
        if not steps.classes:
            return steps.add("Sigmoid", steps.add("Div", _logit(steps, score), self.by))
        logs = steps.add("Log", steps.add("Clip", score, EDGE, 1.0))
        return steps.add("Softmax", steps.add("Div", logs, self.by), axis=-1)


@dataclass(frozen=True)
class OneVersusRest:
    """Maps the probability of each class by its own function, and lets those of several add up to 1 again."""

    maps: tuple[Isotonic | Logistic, ...]
    """One, of the second class, or one for each."""

    def apply(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map probabilities."""
        if score.ndim == 1:
            return self.maps[0].apply(score)
        raised = np.column_stack([each.apply(score[:, k]) for k, each in enumerate(self.maps)]) + EDGE
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def draw(self, steps: Steps, score: str) -> str:
        """Write the same into a graph."""
        if not steps.classes:
            return _drawn(self.maps[0], steps, score)
        columns = [
            _drawn(each, steps, steps.add("Gather", score, np.array([k], dtype=np.int64), axis=1))
            for k, each in enumerate(self.maps)
        ]
        raised = steps.add("Add", steps.add("Concat", *columns, axis=1), EDGE)
        return steps.add("Div", raised, steps.sum(raised))


def _drawn(found: Isotonic | Logistic, steps: Steps, score: str) -> str:
    if isinstance(found, Logistic):
        line = steps.add("Add", steps.add("Mul", _logit(steps, score), found.slope), found.intercept)
        return steps.add("Sigmoid", line)
    if len(found.x) == 1:
        return steps.add("Add", steps.add("Mul", score, 0.0), found.y[0])
    x, y = np.array(found.x), np.array(found.y)
    wide = steps.add("Unsqueeze", score, np.array([-1], dtype=np.int64))
    along = steps.add("Div", steps.add("Sub", wide, x[:-1]), np.diff(x))
    steep = steps.add("Mul", steps.add("Clip", along, 0.0, 1.0), np.diff(y))
    total = steps.add("ReduceSum", steep, np.array([-1], dtype=np.int64), keepdims=0)
    return steps.add("Add", total, found.y[0])


def _logit(steps: Steps, score: str) -> str:
    clipped = steps.add("Clip", score, EDGE, 1 - EDGE)
    return steps.add("Log", steps.add("Div", clipped, steps.add("Sub", 1.0, clipped)))


@dataclass(frozen=True, eq=False)
class Headed:
    """A trained candidate whose scores go through heads, one after the other."""

    inner: Fitted
    heads: tuple[Head, ...]

    @property
    def history(self) -> tuple[Epoch, ...]:
        """What each epoch led to."""
        return self.inner.history

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept."""
        return self.inner.best_epoch

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        return through(self.heads, self.inner.predict(x))

    def export(self) -> bytes:
        """Write the ONNX graph, heads and all."""
        return attach(self.inner.export(), self.heads)


def through(heads: Sequence[Head], score: NDArray[Any]) -> NDArray[Any]:
    """Send scores through heads; between them they are rounded to single precision, as a graph hands them on."""
    for head in heads:
        score = np.asarray(head.apply(np.asarray(score, dtype=np.float64)), dtype=np.float32)
    return score


def attach(model: bytes, heads: Sequence[Head]) -> bytes:
    """Put heads behind the output `y` of a graph.

    Example:
        >>> from mlops.ml.training.heads import attach  # doctest: +SKIP
        >>> attach(fitted.export(), (Temperature(1.5),))  # doctest: +SKIP
    """
    for head in heads:
        model = _attached(model, head)
    return model


def _attached(model: bytes, head: Head) -> bytes:
    found = onnx.load_from_string(model)
    graph, output = found.graph, found.graph.output[0]
    number = sum(node.name.endswith("_answer") for node in graph.node)
    prefix = f"head{number}"
    raw = f"{prefix}_score"
    for node in graph.node:
        for place, name in enumerate(node.output):
            if name == "y":
                node.output[place] = raw
        for place, name in enumerate(node.input):
            if name == "y":
                node.input[place] = raw
    steps = Steps(prefix, classes=len(output.type.tensor_type.shape.dim) == 2)
    wide = steps.add("Cast", raw, to=TensorProto.DOUBLE)
    last = head.draw(steps, wide)
    answer = helper.make_node("Cast", [last], ["y"], name=f"{prefix}_answer", to=TensorProto.FLOAT)
    graph.node.extend([*steps.nodes, answer])
    graph.initializer.extend(steps.constants)
    return export.finish(found)
