"""Shares along the paths of trees are Shapley's, by the definition."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.bundle.tree_shares import TreeShares
from mlops.documents.attribution import Trees

WIDTH = 4


@st.composite
def forests(draw: st.DrawFn) -> Trees:
    """A few trees over WIDTH features, which may ask for one feature again and again."""
    nodes: list[list[Any]] = []
    leaves: dict[int, tuple[float, ...]] = {}

    def grow(rows: int, depth: int) -> int:
        place = len(nodes)
        nodes.append(["LEAF", 0, 0.0, 0, 0, False, rows])
        if depth == 0 or draw(st.integers(0, 3)) == 0:
            leaves[place] = (draw(st.integers(-4, 4)) / 2, draw(st.integers(-4, 4)) / 2)
            return place
        mode = draw(st.sampled_from(["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_EQ"]))
        value, went = float(draw(st.integers(-1, 1))), draw(st.integers(0, rows))
        head = [mode, draw(st.integers(0, WIDTH - 1)), value]
        true, false = grow(went, depth - 1), grow(rows - went, depth - 1)
        nodes[place] = [*head, true, false, draw(st.booleans()), rows]
        return place

    roots = tuple(grow(20, 4) for _ in range(draw(st.integers(1, 3))))
    names = ("modes", "features", "values", "true", "false", "missing", "rows")
    return Trees(**dict(zip(names, zip(*nodes, strict=True), strict=True)), roots=roots, leaves=leaves)


def expected(trees: Trees, row: Any, known: frozenset[int], node: int) -> Any:
    """What a tree says where only some features are known: of others both ways count, by the rows that came by."""
    mode, feature = trees.modes[node], trees.features[node]
    if mode == "LEAF":
        return np.array(trees.leaves[node])
    ways = (trees.true[node], trees.false[node])
    if feature in known:
        value, bound = row[feature], trees.values[node]
        found = {"BRANCH_LEQ": value <= bound, "BRANCH_LT": value < bound, "BRANCH_GT": value > bound}
        holds = trees.missing[node] if np.isnan(value) else found.get(mode, value == bound)
        return expected(trees, row, known, ways[0 if holds else 1])
    rows = trees.rows[node]
    shares = [trees.rows[way] / rows if rows else 0.5 for way in ways]
    return sum(share * expected(trees, row, known, way) for share, way in zip(shares, ways, strict=True))


def game(trees: Trees, row: Any, known: frozenset[int]) -> Any:
    return sum(expected(trees, row, known, root) for root in trees.roots)


@settings(max_examples=25, deadline=None)
@given(forests(), st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0, float("nan")]), min_size=WIDTH, max_size=WIDTH))
def test_shares_are_those_of_the_definition_and_add_up(trees: Trees, row: list[float]) -> None:
    shares = TreeShares(trees, 2, WIDTH)
    x = np.array([row, row[::-1]], dtype=np.float32)
    found, said = shares.explain(x)
    for given_row, values, output in zip(x, found, said, strict=True):
        for feature in range(WIDTH):
            others = [other for other in range(WIDTH) if other != feature]
            share = sum(
                (game(trees, given_row, known | {feature}) - game(trees, given_row, known))
                / (WIDTH * comb(WIDTH - 1, size))
                for size in range(WIDTH)
                for known in map(frozenset, combinations(others, size))
            )
            np.testing.assert_allclose(values[feature], share, atol=1e-12)
        np.testing.assert_allclose(output, game(trees, given_row, frozenset(range(WIDTH))), atol=1e-12)
        np.testing.assert_allclose(values.sum(axis=0) + shares.base, output, atol=1e-12)


STUMP: dict[str, Any] = {
    "modes": ("BRANCH_LT", "LEAF", "LEAF"),
    "features": (0, 0, 0),
    "values": (0.5, 0, 0),
    "true": (1, 0, 0),
    "false": (2, 0, 0),
    "missing": (False, False, False),
    "rows": (10, 4, 6),
    "roots": (0,),
    "leaves": {1: (1.0,), 2: (-1.0,)},
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"true": (0, 0, 0)}, "the nodes are no trees"),
        ({"roots": (0, 1)}, "the nodes are no trees"),
        ({"rows": (10, 4)}, "the lists of nodes differ in length"),
        ({"leaves": {0: (1.0,)}}, "a node that branches adds to no output"),
    ],
)
def test_what_is_no_forest_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Trees(**STUMP | wrong)


def test_trees_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^a tree compares what is no input of the model$"):
        TreeShares(Trees(**STUMP | {"features": (7, 0, 0)}), 1, 1)
    with pytest.raises(ValueError, match=r"^a leaf adds to other outputs than the model has$"):
        TreeShares(Trees(**STUMP), 2, 1)
