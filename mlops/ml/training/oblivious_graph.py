"""The ONNX graph of CatBoost's trees.

A tree asks one question at each depth, `x > border`, whose borders are of single precision; the answers, as bits, are
the number of its leaf. A missing number is less than all others: no border is exceeded. CatBoost's own exporter writes
every leaf of every tree; here what leads to leaves that say the same is one leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlops.errors import IntegrityError
from mlops.ml.training.tree_table import TreeTable

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem, Scale

Leaf = tuple[float, ...]
_AS_LEAST = frozenset({"AsIs", "AsFalse"})


def write(told: Mapping[str, Any], problem: Problem, scale: Scale) -> bytes:
    """Write the trees of a model, told as JSON, as a graph from `x` to `y`.

    Raises:
        IntegrityError: a column sends missing numbers where the greatest go.
    """
    columns = told["features_info"]["float_features"]
    if any(column["nan_value_treatment"] not in _AS_LEAST for column in columns):
        raise IntegrityError("CatBoost sends missing numbers where the graph does not")
    flat = [column["flat_feature_index"] for column in columns]
    table = TreeTable()
    for number, tree in enumerate(told["oblivious_trees"]):
        _Tree(table, number, flat, tree, problem.outputs).add()
    factor, bias = told["scale_and_bias"]
    if factor != 1:
        raise IntegrityError("CatBoost scales the sum of its trees, and the graph does not")
    return table.graph([float(each) for each in bias], problem, scale)


class _Tree:
    """One tree, from its first question to its leaves."""

    def __init__(
        self, table: TreeTable, number: int, flat: Sequence[int], tree: Mapping[str, Any], outputs: int
    ) -> None:
        self._table, self._number, self._flat = table, number, flat
        self._splits: list[Mapping[str, Any]] = tree["splits"] or []
        values: list[float] = tree["leaf_values"]
        self._leaves = [tuple(values[at : at + outputs]) for at in range(0, len(values), outputs)]
        self._fresh: Iterator[int] = iter(range(2**31))

    def add(self) -> None:
        """Add its nodes to the table."""
        self._node(next(self._fresh), len(self._splits), self._leaves)

    def _node(self, node: int, depth: int, leaves: Sequence[Leaf]) -> None:
        """Add what leads to some leaves, of which the last question is answered by the upper half."""
        if len(set(leaves)) == 1:
            self._table.leaf(self._number, node, dict(enumerate(leaves[0])))
            return
        split, half = self._splits[depth - 1], len(leaves) // 2
        lower, upper = leaves[:half], leaves[half:]
        if lower == upper:
            self._node(node, depth - 1, lower)
            return
        below, above = next(self._fresh), next(self._fresh)
        feature = self._flat[split["float_feature_index"]]
        self._table.branch(
            self._number, node, "BRANCH_GT", feature, split["border"], true=above, false=below, missing=False
        )
        self._node(below, depth - 1, lower)
        self._node(above, depth - 1, upper)
