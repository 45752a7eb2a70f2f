"""The ONNX graph of XGBoost's trees.

It is written from the model's own JSON: what a branching compares with, and what a leaf answers, is of single precision
there as in training, and `x < threshold` is what ONNX calls BRANCH_LT.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlops.ml.training.levelwise_model import places, sets, start, trees
from mlops.ml.training.tree_table import Mode, TreeTable

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem, Scale

_LESS: Mode = "BRANCH_LT"


def write(told: Mapping[str, Any], problem: Problem, scale: Scale) -> bytes:
    """Write the trees of a model, told as JSON, as a graph from `x` to `y`."""
    table = TreeTable()
    for number, (tree, place) in enumerate(zip(trees(told), places(told), strict=True)):
        _add(table, number, tree, place)
    return table.graph(start(told, problem.outputs), problem, scale)


def _add(table: TreeTable, number: int, tree: Mapping[str, Any], place: int) -> None:
    """Add the nodes of a tree; those that XGBoost pruned away are reached by none."""
    fresh = iter(range(len(tree["left_children"]), 2**31))
    chosen, waiting = sets(tree), [0]
    while waiting:
        node = waiting.pop()
        left, right = tree["left_children"][node], tree["right_children"][node]
        value, feature = tree["split_conditions"][node], tree["split_indices"][node]
        if left < 0:
            table.leaf(number, node, {place: value})
            continue
        waiting += [right, left]
        if node in chosen:
            for at, level, other in _chain(node, chosen[node], left, fresh):
                table.branch(number, at, "BRANCH_EQ", feature, float(level), right, other, missing=False)
        else:
            missing = bool(tree["default_left"][node])
            table.branch(number, node, _LESS, feature, value, left, right, missing=missing)


def _chain(node: int, levels: Sequence[int], left: int, fresh: Iterator[int]) -> Iterator[tuple[int, int, int]]:
    """Ask for each of some levels in turn: the node that asks, the level, and where to go if it is another one."""
    at = node
    for number, level in enumerate(levels, start=1):
        other = left if number == len(levels) else next(fresh)
        yield at, level, other
        at = other
