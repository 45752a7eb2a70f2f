"""What `/explain` takes shares of a score from: read out of the model as it is served, and held to what it answers.

How many rows come by a node of a tree is counted of training rows, so that every library's trees are explained alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlops.bundle.attribution import Explainer
from mlops.bundle.tree_shares import TreeShares
from mlops.documents.attribution import AttributionBasis, Lines, Trees
from mlops.errors import IntegrityError
from mlops.ml.training import export

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor

_NODES = 100_000  # of trees that a server takes apart when it starts; beyond, the model is asked
_ROWS = 50_000  # training rows that are counted at nodes, at most
_TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")
_LINEAR = ("LinearClassifier", "LinearRegressor")


@dataclass(frozen=True)
class _Part:
    """The operator that says all, of a graph; its attributes, and what it reads: features, and fills for missing."""

    operator: str
    said: dict[str, Any]
    inputs: tuple[int, ...]
    fills: tuple[float | None, ...]
    scale: tuple[float, float]  # deviation and mean of a target, else 1 and 0

    def read(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give what it reads of rows."""
        rows = x.reshape(len(x), -1)[:, list(self.inputs)]
        fills = np.array([np.nan if fill is None else fill for fill in self.fills], dtype=np.float32)
        return np.where(np.isnan(rows), fills, rows)

    def lists(self, name: str) -> list[Any]:
        """Give an attribute that is a list; none where it is absent."""
        return list(self.said.get(name, ()))


def make(model: bytes, predictor: Predictor, x: NDArray[np.float32], golden: NDArray[np.float32]) -> AttributionBasis:
    """Take trees or weights out of a model, where they say all that it does; else it will be asked.

    `x` are training rows, `golden` made-up ones, as the transform makes them [n, ...].

    Raises:
        IntegrityError: the shares do not add up to what the model answers.
    """
    sampled = AttributionBasis(method="sampled", unit="target" if predictor.task == "regression" else "probability")
    for found in _known(model, predictor.task, len(predictor.classes or ()), x):
        try:
            Explainer(predictor, found, np.concatenate([golden, x[: len(golden)]]))
        except IntegrityError:  # something behind it, a calibration for one, says otherwise
            continue
        return found
    Explainer(predictor, sampled, golden).explain(golden[:1], predictor.model.score(golden[:1]))
    return sampled


def _known(model: bytes, task: str, classes: int, x: NDArray[np.float32]) -> Iterator[AttributionBasis]:
    """Give what may say all that the model does, which is to be held to it."""
    part = _part(model, x)
    if part is None:
        return
    outputs = classes if task == "multiclass" else 1
    transform = part.said.get("post_transform", b"NONE")
    unit = "target" if task == "regression" else "probability" if transform == b"NONE" else "log-odds"
    given = {"unit": unit, "inputs": part.inputs, "fills": part.fills}
    if part.operator in _LINEAR:
        weights, start = _weights(part, outputs)
        mean = part.read(x).mean(axis=0, dtype=np.float64)
        lines = Lines(weights=_numbers(weights), mean=tuple(mean.tolist()))
        yield AttributionBasis(method="linear", start=tuple(start.tolist()), lines=lines, **given)
    elif 0 < len(part.lists("nodes_modes")) <= _NODES:
        deviation, mean = part.scale
        base = np.zeros(outputs) + np.array(part.lists("base_values") or [0.0])
        trees = _counted(_trees(part, outputs), part.read(x), outputs)
        yield AttributionBasis(method="trees", start=tuple((base * deviation + mean).tolist()), trees=trees, **given)


def _part(model: bytes, x: NDArray[np.float32]) -> _Part | None:
    """Find the one operator of trees or weights, and ask the graph before it what it hands on of each feature."""
    found = onnx.load_from_string(model)
    parts = [node for node in found.graph.node if node.op_type in (*_TREES, *_LINEAR)]
    if len(parts) != 1:
        return None
    name = parts[0].input[0]
    found.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    inner, width = found.SerializeToString(), int(np.prod(x.shape[1:]))
    probes = [np.arange(width), np.sqrt(np.arange(width)) - 0.5, np.full(width, np.nan)]
    said = [export.run(inner, probe.astype(np.float32).reshape(1, *x.shape[1:]), name) for probe in probes]
    if said[0].ndim != 2 or not np.isin(said[0], probes[0]).all():
        return None
    inputs = said[0][0].astype(int)
    if not np.array_equal(said[1][0], probes[1].astype(np.float32)[inputs]):
        return None
    fills = tuple(None if np.isnan(fill) else float(fill) for fill in said[2][0])
    attributes = {each.name: helper.get_attribute_value(each) for each in parts[0].attribute}
    constants = {each.name: each for each in found.graph.initializer if each.name in ("deviation", "mean")}
    scale = {key: float(numpy_helper.to_array(constants[key])) for key in constants}
    shift = (scale.get("deviation", 1.0), scale.get("mean", 0.0))
    return _Part(parts[0].op_type, attributes, tuple(inputs.tolist()), fills, shift)


def _weights(part: _Part, outputs: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give weights [outputs, inputs] and the start of each; of two classes the second's."""
    deviation, mean = part.scale
    weights = np.array(part.lists("coefficients"), dtype=np.float64).reshape(-1, len(part.inputs))
    start = np.zeros(len(weights)) + np.array(part.lists("intercepts") or [0.0], dtype=np.float64)
    return weights[-outputs:] * deviation, start[-outputs:] * deviation + mean


def _trees(part: _Part, outputs: int) -> Trees:
    """Give all nodes at their positions; nobody has come by yet."""
    ids = list(zip(part.lists("nodes_treeids"), part.lists("nodes_nodeids"), strict=True))
    place = {key: position for position, key in enumerate(ids)}
    modes = [mode.decode() for mode in part.lists("nodes_modes")]
    leaf = [mode == "LEAF" for mode in modes]

    def child(name: str) -> tuple[int, ...]:
        lists = zip(ids, part.lists(name), leaf, strict=True)
        return tuple(0 if end else place[tree, node] for (tree, _), node, end in lists)

    true, false = child("nodes_truenodeids"), child("nodes_falsenodeids")
    branches = [position for position, end in enumerate(leaf) if not end]
    below = {each[position] for position in branches for each in (true, false)}
    what = "target" if part.operator == "TreeEnsembleRegressor" else "class"
    leaves: dict[int, list[float]] = {}
    keys = ("treeids", "nodeids", "ids", "weights")
    for tree, node, output, weight in zip(*(part.lists(f"{what}_{key}") for key in keys), strict=True):
        adds = leaves.setdefault(place[tree, node], [0.0] * outputs)
        adds[output if outputs > 1 else 0] += weight * part.scale[0]
    missing = part.lists("nodes_missing_value_tracks_true") or [0] * len(ids)
    return Trees(
        modes=tuple(modes),
        features=tuple(part.lists("nodes_featureids")),
        values=tuple(part.lists("nodes_values")),
        true=true,
        false=false,
        missing=tuple(map(bool, missing)),
        rows=(0,) * len(ids),
        roots=tuple(position for position in range(len(ids)) if position not in below),
        leaves={position: tuple(adds) for position, adds in leaves.items()},
    )


def _counted(trees: Trees, rows: NDArray[np.float32], outputs: int) -> Trees:
    """Count the rows that come by each node, of evenly chosen ones where they are many."""
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _ROWS)).round().astype(int)]
    shares, counts = TreeShares(trees, outputs, rows.shape[1]), np.zeros(len(trees.modes), dtype=np.int64)
    waiting = [(root, np.arange(len(rows))) for root in trees.roots]
    while waiting:
        node, came = waiting.pop()
        counts[node] += len(came)
        if trees.modes[node] != "LEAF" and len(came):
            true = shares.ways(node, rows[came])
            waiting += [(trees.true[node], came[true]), (trees.false[node], came[~true])]
    return trees.model_copy(update={"rows": tuple(counts.tolist())})


def _numbers(array: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in array.tolist())
