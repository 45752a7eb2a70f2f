"""The ONNX graph of XGBoost's trees.

It is written from the model's own JSON: what a branching compares with, and what a leaf answers, is of single precision
there as in training, and `x < threshold` is what ONNX calls BRANCH_LT.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import onnx
from onnx import TensorProto, helper

from mlops.ml.training import export
from mlops.ml.training.levelwise_model import places, sets, start, trees

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem, Scale

_DOMAIN = "ai.onnx.ml"
_LESS, _EQUAL, _LEAF = "BRANCH_LT", "BRANCH_EQ", "LEAF"
_NODES = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_modes",
    "nodes_featureids",
    "nodes_values",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
)


def write(told: Mapping[str, Any], problem: Problem, scale: Scale) -> bytes:
    """Write the trees of a model, told as JSON, as a graph from `x` to `y`."""
    table = _Table()
    for number, (tree, place) in enumerate(zip(trees(told), places(told), strict=True)):
        table.add(number, tree, place)
    base = start(told, problem.outputs)
    if problem.task == "regression":
        node = table.node("TreeEnsembleRegressor", "target", ["answer"], base_values=base, n_targets=1)
    else:
        # of two classes the trees say the second's log-odds alone, and ONNX Runtime adds the first
        binary = problem.task == "binary"
        said = {
            "classlabels_int64s": list(range(2 if binary else problem.outputs)),
            "post_transform": "LOGISTIC" if binary else "SOFTMAX",
        }
        node = table.node("TreeEnsembleClassifier", "class", ["label", "answer"], base_values=base, **said)
    graph = helper.make_graph([node], "model", [], [helper.make_tensor_value_info("answer", TensorProto.FLOAT, None)])
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", export.OPSET), helper.make_opsetid(_DOMAIN, export.ML_OPSET)],
        ir_version=export.IR_VERSION,
    )
    export.rewire(model.graph, problem, scale)
    return export.finish(model)


@dataclass
class _Table:
    """All nodes of all trees, a list for each attribute that ONNX has of them."""

    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _NODES})
    leaves: list[tuple[int, int, int, float]] = field(default_factory=list)

    def add(self, number: int, tree: Mapping[str, Any], place: int) -> None:
        """Add the nodes of a tree; those that XGBoost pruned away are reached by none."""
        fresh = iter(range(len(tree["left_children"]), 2**31))
        chosen, waiting = sets(tree), [0]
        while waiting:
            node = waiting.pop()
            left, right = tree["left_children"][node], tree["right_children"][node]
            value, feature = tree["split_conditions"][node], tree["split_indices"][node]
            if left < 0:
                self._node(number, node, _LEAF)
                self.leaves.append((number, node, place, value))
                continue
            waiting += [right, left]
            if node in chosen:
                for at, level, other in _chain(node, chosen[node], left, fresh):
                    self._node(number, at, _EQUAL, feature, float(level), right, other)
            else:
                self._node(number, node, _LESS, feature, value, left, right, tree["default_left"][node])

    def node(self, operator: str, what: str, outputs: list[str], **attributes: Any) -> onnx.NodeProto:
        """Give the one node of the graph."""
        ids = ("treeids", "nodeids", "ids", "weights")
        found = zip(ids, zip(*self.leaves, strict=True), strict=True)
        said: dict[str, Any] = {f"{what}_{name}": list(column) for name, column in found}
        said |= self.columns | attributes
        return helper.make_node(operator, ["rows"], outputs, name="trees", domain=_DOMAIN, **said)

    def _node(
        self,
        tree: int,
        node: int,
        mode: str,
        feature: int = 0,
        value: float = 0.0,
        true: int = 0,
        false: int = 0,
        missing: int = 0,
    ) -> None:
        row = (tree, node, mode, feature, float(value), true, false, int(missing))
        for name, cell in zip(_NODES, row, strict=True):
            self.columns[name].append(cell)


def _chain(node: int, levels: Any, left: int, fresh: Iterator[int]) -> Iterator[tuple[int, int, int]]:
    """Ask for each of some levels in turn: the node that asks, the level, and where to go if it is another one."""
    at = node
    for number, level in enumerate(levels, start=1):
        other = left if number == len(levels) else next(fresh)
        yield at, level, other
        at = other
