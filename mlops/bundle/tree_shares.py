"""SHAP values along the paths of trees (Lundberg et al., Nature Machine Intelligence 2:56, 2020), path by path.

A leaf is reached, or not, by what each feature on its path says: a product game, whose Shapley values are integrals
over the share t of features that are known, of a polynomial of t. Gauss and Legendre's rule of enough points is exact
for it, so that there is nothing to unwind, and nothing that cancels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.documents.attribution import Trees

_AT_ONCE = 1_000_000  # numbers of an array that lives while rows are explained
_COMPARE: dict[str, Any] = {
    "BRANCH_LEQ": np.less_equal,
    "BRANCH_LT": np.less,
    "BRANCH_GTE": np.greater_equal,
    "BRANCH_GT": np.greater,
    "BRANCH_EQ": np.equal,
    "BRANCH_NEQ": np.not_equal,
}


class _Step(NamedTuple):
    """One comparison on the way to a leaf, whether it holds there, and which share of the rows went that way."""

    node: int
    holds: bool
    share: float


@dataclass(frozen=True)
class _Paths:
    """Leaves [l] whose paths have m features each: which comparisons make one of them, and how often they hold."""

    values: NDArray[np.float64]  # [l, outputs]
    features: NDArray[np.int64]  # [l * m]
    shares: NDArray[np.float64]  # [l, m]
    nodes: NDArray[np.int64]  # of all comparisons, by leaf and feature
    holds: NDArray[np.bool_]
    first: NDArray[np.int64]  # [l * m], where those of a feature begin

    @property
    def points(self) -> int:
        """Count the points at which a polynomial of degree m - 1 is looked at."""
        return (int(self.shares.shape[1]) + 1) // 2


class TreeShares:
    """Explains what trees add; `outputs` are the numbers that they answer with."""

    def __init__(self, trees: Trees, outputs: int, inputs: int) -> None:
        """Take trees over so many inputs apart; raises ValueError where a node asks for another."""
        if any(not 0 <= feature < inputs for feature in trees.features):
            raise ValueError("a tree compares what is no input of the model")
        self._inputs, self._outputs = inputs, outputs
        self._branches = np.array([mode != "LEAF" for mode in trees.modes])
        self._features = np.array(trees.features, dtype=np.int64)
        self._values = np.array(trees.values, dtype=np.float32)
        self._missing = np.array(trees.missing, dtype=np.bool_)
        modes, self._named = np.array(trees.modes), trees.modes
        self._modes = [(mode, np.flatnonzero(modes == mode)) for mode in _COMPARE]
        self.base = np.zeros(outputs)
        """What the trees say on average of the rows they were made of."""
        self._groups = list(self._grouped(trees))
        self.cost = sum(len(each.nodes) + each.shares.size * (1 + 4 * each.points) for each in self._groups)
        """Operations that a row takes, about."""

    def explain(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give shares [n, inputs, outputs] of rows [n, inputs], and what the trees say of them [n, outputs]."""
        widest = max((max(len(each.nodes), each.shares.size) for each in self._groups), default=1)
        rows = max(1, _AT_ONCE // max(widest, len(self._branches)))
        parts = [self._some(x[start : start + rows]) for start in range(0, max(1, len(x)), rows)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _some(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shares = np.zeros((len(x), self._inputs, self._outputs))
        said = np.zeros((len(x), self._outputs)) + self._constant
        holds = self._decide(x)
        for each in self._groups:
            leaves, width = each.shares.shape
            reached = np.logical_and.reduceat(holds[:, each.nodes] == each.holds, each.first, axis=1)
            met = reached.reshape(len(x), leaves, width)
            said += met.all(axis=2) @ each.values
            moved = _integrals(met, each.shares, each.points) * (met - each.shares)
            for output in np.flatnonzero(each.values.any(axis=0)):
                found = moved * each.values[:, output, None]
                for row in range(len(x)):
                    shares[row, :, output] += np.bincount(each.features, found[row].reshape(-1), self._inputs)
        return shares, said

    def ways(self, node: int, x: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say of each row [n, inputs] whether the comparison of one node holds."""
        asked = x[:, self._features[node]]
        found = _COMPARE[self._named[node]](asked, self._values[node])
        return np.asarray(np.where(np.isnan(asked), self._missing[node], found))

    def _decide(self, x: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say of each row and node [n, nodes] whether its comparison holds."""
        holds = np.zeros((len(x), len(self._branches)), dtype=np.bool_)
        for mode, nodes in self._modes:
            asked = x[:, self._features[nodes]]
            found = _COMPARE[mode](asked, self._values[nodes])
            holds[:, nodes] = np.where(np.isnan(asked), self._missing[nodes], found)
        return holds

    def _grouped(self, trees: Trees) -> Iterator[_Paths]:
        """Put paths of as many features together; a tree that is a leaf explains nothing."""
        found: dict[int, list[tuple[tuple[float, ...], dict[int, list[_Step]]]]] = {}
        self._constant = np.zeros(self._outputs)
        for values, steps in _leaves(trees):
            by: dict[int, list[_Step]] = {}
            for step in steps:
                by.setdefault(trees.features[step.node], []).append(step)
            if len(values) != self._outputs:
                raise ValueError("a leaf adds to other outputs than the model has")
            if by:
                found.setdefault(len(by), []).append((values, by))
            else:
                self._constant += values
        self.base = self.base + self._constant
        for _, paths in sorted(found.items()):
            yield self._put(paths)

    def _put(self, paths: list[tuple[tuple[float, ...], dict[int, list[_Step]]]]) -> _Paths:
        elements = [(feature, steps) for _, by in paths for feature, steps in by.items()]
        flat = [step for _, steps in elements for step in steps]
        lengths = [len(steps) for _, steps in elements]
        shares = np.array([math.prod([step.share for step in steps]) for _, steps in elements]).reshape(len(paths), -1)
        values = np.array([values for values, _ in paths])
        self.base = self.base + shares.prod(axis=1) @ values
        return _Paths(
            values,
            np.array([feature for feature, _ in elements], dtype=np.int64),
            shares,
            np.array([step.node for step in flat], dtype=np.int64),
            np.array([step.holds for step in flat], dtype=np.bool_),
            np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
        )


def _leaves(trees: Trees) -> Iterator[tuple[tuple[float, ...], tuple[_Step, ...]]]:
    """Give what each leaf adds, and the way to it."""
    waiting: list[tuple[int, tuple[_Step, ...]]] = [(root, ()) for root in reversed(trees.roots)]
    while waiting:
        node, steps = waiting.pop()
        if trees.modes[node] == "LEAF":
            if node in trees.leaves:
                yield trees.leaves[node], steps
            continue
        rows = trees.rows[node]
        for child, holds in ((trees.false[node], False), (trees.true[node], True)):
            share = trees.rows[child] / rows if rows else 0.5  # nobody came by: the way to here counts nothing already
            waiting.append((child, (*steps, _Step(node, holds, share))))


def _integrals(met: NDArray[np.bool_], shares: NDArray[np.float64], points: int) -> NDArray[np.float64]:
    """Integrate over t, for each feature of a path [n, l, m], the product of t met + (1 - t) share of all others."""
    found = np.zeros(met.shape)
    places, weights = np.polynomial.legendre.leggauss(points)
    for t, weight in zip((places + 1) / 2, weights / 2, strict=True):
        factors = (1 - t) * shares + t * met
        before = np.ones(met.shape)
        np.cumprod(factors[..., :-1], axis=2, out=before[..., 1:])
        after = np.ones(met.shape)
        np.cumprod(factors[..., :0:-1], axis=2, out=after[..., -2::-1] if met.shape[2] > 1 else after[..., :0])
        found += weight * before * after
    return found
