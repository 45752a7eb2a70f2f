"""Which way the trees of an ONNX graph send missing numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

_TRACKS = "nodes_missing_value_tracks_true"
_TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")


def ways(estimator: Any) -> dict[tuple[int, int], bool] | None:
    """Say of each node (tree, node) of a tree or forest that knows missing numbers whether they go left; else None."""
    if not hasattr(estimator, "__sklearn_tags__") or not estimator.__sklearn_tags__().input_tags.allow_nan:
        return None
    parts = [estimator] if hasattr(estimator, "tree_") else np.ravel(getattr(estimator, "estimators_", np.array([])))
    trees: list[Any] = [getattr(part, "tree_", None) for part in parts]
    if not trees or any(tree is None for tree in trees):
        return None
    return {
        (number, node): bool(left)
        for number, tree in enumerate(trees)
        for node, left in enumerate(tree.missing_go_to_left)
    }


def track(graph: onnx.GraphProto, left: Mapping[tuple[int, int], bool] | None = None) -> None:
    """Let the trees of a graph send missing numbers left where `left` says so, by tree and node; else everywhere."""
    for node in graph.node:
        if node.op_type not in _TREES:
            continue
        known = {attribute.name: attribute for attribute in node.attribute}
        nodes = list(zip(known["nodes_treeids"].ints, known["nodes_nodeids"].ints, strict=True))
        branches = [mode != b"LEAF" for mode in known["nodes_modes"].strings]
        to = [int(branch and (left is None or left[at])) for at, branch in zip(nodes, branches, strict=True)]
        if _TRACKS in known:
            node.attribute.remove(known[_TRACKS])
        node.attribute.append(onnx.helper.make_attribute(_TRACKS, to))
