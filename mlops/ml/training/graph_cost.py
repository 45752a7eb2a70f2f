"""What one row costs a graph, counted in it: the same on every machine, which no clock is.

A tree costs its depth in comparisons; a layer costs its weights in multiplications, a convolution those at each pixel.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnx

from mlops.ml.training.greedy import Cost

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAYERS = frozenset({"Gemm", "MatMul", "Conv"})


def cost(model: bytes) -> Cost:
    """Measure a graph."""
    graph = onnx.load_from_string(model).graph
    weights = {each.name: math.prod(each.dims) for each in graph.initializer}
    pixels = math.prod(dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim[2:])
    return Cost(len(model), sum(_node(node, weights, pixels) for node in graph.node))


def _node(node: onnx.NodeProto, weights: Mapping[str, int], pixels: int) -> int:
    if node.op_type.startswith("TreeEnsemble"):
        return _trees(node)
    if node.op_type in _LAYERS:
        return sum(weights.get(name, 0) for name in node.input) * (pixels if node.op_type == "Conv" else 1)
    if node.op_type.startswith("Linear"):
        return sum(len(each.floats) for each in node.attribute if each.name == "coefficients")
    return 0


def _trees(node: onnx.NodeProto) -> int:
    """Add up the depths of trees; the nodes of each are listed with their number, and a parent says its children's."""
    said = {each.name: each for each in node.attribute}
    names = ("nodes_treeids", "nodes_nodeids", "nodes_truenodeids", "nodes_falsenodeids")
    if any(name not in said for name in names):
        return 0
    trees, nodes, true, false = (said[name].ints for name in names)
    leaves = [mode == b"LEAF" for mode in said["nodes_modes"].strings]
    depth: dict[tuple[int, int], int] = {}
    deepest: dict[int, int] = {}
    children = {
        (tree, at): () if leaf else ((tree, left), (tree, right))
        for tree, at, left, right, leaf in zip(trees, nodes, true, false, leaves, strict=True)
    }
    below = {child for pair in children.values() for child in pair}
    waiting = [each for each in children if each not in below]
    depth.update(dict.fromkeys(waiting, 0))
    while waiting:
        parent = waiting.pop()
        deepest[parent[0]] = max(deepest.get(parent[0], 0), depth[parent])
        for child in children[parent]:
            depth[child] = depth[parent] + 1
            waiting.append(child)
    return sum(deepest.values())
