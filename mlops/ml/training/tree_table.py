"""The nodes of an ensemble of trees, and the ONNX graph that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import onnx
from onnx import TensorProto, helper

from mlops.ml.training import export

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem, Scale

Mode = Literal["BRANCH_LT", "BRANCH_GT", "BRANCH_EQ"]
_DOMAIN = "ai.onnx.ml"
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


@dataclass
class TreeTable:
    """All nodes of all trees, a list for each attribute that ONNX has of them; node 0 of a tree is its root.

    Example:
        >>> table = TreeTable()
        >>> table.branch(0, 0, "BRANCH_LT", 3, 0.5, true=1, false=2, missing=True)
        >>> table.leaf(0, 1, {0: 1.0})
        >>> table.leaf(0, 2, {0: -1.0})
        >>> table.columns["nodes_modes"]
        ['BRANCH_LT', 'LEAF', 'LEAF']
    """

    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _NODES})
    leaves: list[tuple[int, int, int, float]] = field(default_factory=list)

    def branch(
        self, tree: int, node: int, mode: Mode, feature: int, value: float, true: int, false: int, *, missing: bool
    ) -> None:
        """Compare a feature with a value; where it is missing, go on as if it held if `missing` says so."""
        self._node(tree, node, mode, feature, value, true, false, int(missing))

    def leaf(self, tree: int, node: int, adds: dict[int, float]) -> None:
        """Add numbers to some of the answers."""
        self._node(tree, node, "LEAF", 0, 0.0, 0, 0, 0)
        self.leaves += [(tree, node, place, value) for place, value in adds.items()]

    def graph(self, base: Sequence[float], problem: Problem, scale: Scale) -> bytes:
        """Write the graph from `x` to `y`; `base` [outputs] is what is answered before any tree.

        Of two classes the trees say the second's log-odds alone, and ONNX Runtime adds the first.
        """
        if problem.task == "regression":
            node = self._ensemble("TreeEnsembleRegressor", "target", ["answer"], base_values=base, n_targets=1)
        else:
            binary = problem.task == "binary"
            said = {
                "classlabels_int64s": list(range(2 if binary else problem.outputs)),
                "post_transform": "LOGISTIC" if binary else "SOFTMAX",
            }
            node = self._ensemble("TreeEnsembleClassifier", "class", ["label", "answer"], base_values=base, **said)
        answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, None)
        opsets = [helper.make_opsetid("", export.OPSET), helper.make_opsetid(_DOMAIN, export.ML_OPSET)]
        graph = helper.make_graph([node], "model", [], [answer])
        model = helper.make_model(graph, opset_imports=opsets, ir_version=export.IR_VERSION)
        export.rewire(model.graph, problem, scale)
        return export.finish(model)

    def _ensemble(self, operator: str, what: str, outputs: list[str], **attributes: Any) -> onnx.NodeProto:
        ids = ("treeids", "nodeids", "ids", "weights")
        found = zip(ids, zip(*self.leaves, strict=True), strict=True)
        said: dict[str, Any] = {f"{what}_{name}": list(column) for name, column in found}
        said |= self.columns | attributes
        return helper.make_node(operator, ["rows"], outputs, name="trees", domain=_DOMAIN, **said)

    def _node(self, *row: Any) -> None:
        for name, cell in zip(_NODES, row, strict=True):
            self.columns[name].append(cell)
