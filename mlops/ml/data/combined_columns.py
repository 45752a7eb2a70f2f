"""What columns give away together though no line and no few questions show it: whether two differ, the larger, a total.

Whether two answers differ (an exclusive or) moves neither of their averages, the larger of two is no sum of them, and a
total of many parts hangs on more columns than a person looks at. Each is looked for by itself, on rows to choose on.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import numpy as np

from mlops.ml.data.linear_rule import MOST, Squares
from mlops.ml.data.too_good import Floats, Rows, Table, reached

How = Literal["larger", "smaller", "product", "total"]
Found = tuple[tuple[str, ...], How, float]

IDENTITY = 1 - 1e-6
"""R² from which a number is computed, not predicted."""
_BEST = 40
"""Columns, by their correlation with the target, of which pairs are compared."""
_WIDEST = 600
_PARTS = 50
_LEAST = 1e-9
_ALIKE = 1e-3
"""How far the weights of a plain total may lie apart."""
_ROWS_A_PART = 3


def find(table: Table, fitting: Rows) -> Found | None:
    """Search; `fitting` marks the rows to choose columns on, the others judge. Several classes are not searched.

    >>> draw = np.random.default_rng(0)
    >>> x = draw.integers(0, 2, (400, 3)).astype(float)
    >>> find(Table(x, ("a", "b", "c"), (x[:, 0] != x[:, 2]).astype(float), "binary"), np.arange(400) % 2 == 0)
    (('a', 'c'), 'product', 1.0)
    """
    if table.task == "multiclass" or len(set(table.sources)) <= 1:
        return None
    return _extreme(table, fitting) or _product(table, fitting) or _total(table, fitting)


def _extreme(table: Table, fitting: Rows) -> Found | None:
    """Try the larger and the smaller of two columns that correlate with the target."""
    x, y = table.x, table.y
    strength = _correlations(x[fitting], y[fitting])
    several = np.array([np.unique(column).size > 2 for column in x.T])
    best = np.sort(np.argsort(-np.where(several, strength, -1), kind="stable")[: min(_BEST, int(several.sum()))])
    tried: tuple[float, Found | None] = (0.0, None)
    for one, other in combinations(best.tolist(), 2):
        if table.sources[one] == table.sources[other]:
            continue
        names = (table.sources[one], table.sources[other])
        for how, values in _extremes(x[:, one], x[:, other]):
            strong = float(_correlations(values[fitting][:, None], y[fitting])[0])
            if strong > tried[0]:
                value = reached(y[~fitting], _scaled(values, y, fitting), table.task)
                tried = strong, None if value is None else (names, how, value)
    return tried[1]


def _extremes(one: Floats, other: Floats) -> tuple[tuple[How, Floats], ...]:
    return ("larger", np.maximum(one, other)), ("smaller", np.minimum(one, other))


def _scaled(values: Floats, y: Floats, fitting: Rows) -> Floats:
    """Bring values into the units of the target by a line; give those of the rows that judge."""
    design = np.column_stack([values, np.ones(values.size)])
    weights, *_ = np.linalg.lstsq(design[fitting], y[fitting], rcond=None)
    return np.asarray(design[~fitting] @ weights)


def _correlations(x: Floats, y: Floats) -> Floats:
    """Give the absolute correlation of each column with the target; 0 for a constant one."""
    centred, goal = x - x.mean(axis=0), y - y.mean()
    size = np.sqrt((centred**2).sum(axis=0) * (goal**2).sum())
    return np.asarray(np.abs(goal @ centred) / np.where(size > 0, size, np.inf))


def _product(table: Table, fitting: Rows) -> Found | None:
    """Try the pair whose product, once both are centred, correlates most with the target."""
    spread = table.x[fitting].std(axis=0)
    kept = np.flatnonzero(spread > 0)[:_WIDEST]
    z = (table.x[:, kept] - table.x[fitting][:, kept].mean(axis=0)) / spread[kept]
    sources = [table.sources[place] for place in kept]
    if len(set(sources)) <= 1:
        return None
    known, goal = z[fitting], table.y[fitting] - table.y[fitting].mean()
    together = (known * goal[:, None]).T @ known / goal.size
    room = (known**2).T @ known**2 / goal.size - (known.T @ known / goal.size) ** 2
    strength = np.where(room > _LEAST, together**2 / np.maximum(room, _LEAST), -1)
    same = np.array([[one == other for other in sources] for one in sources])
    one, other = np.unravel_index(int(np.where(same, -1, strength).argmax()), strength.shape)
    design = np.column_stack([z[:, one], z[:, other], z[:, one] * z[:, other], np.ones(len(z))])
    weights, *_ = np.linalg.lstsq(design[fitting], table.y[fitting], rcond=None)
    value = reached(table.y[~fitting], design[~fitting] @ weights, table.task)
    names = (sources[int(one)], sources[int(other)])
    return None if value is None else (names, "product", value)


def _total(table: Table, fitting: Rows) -> Found | None:
    """Try a plain sum, or difference, of more columns than another rule may hang on: exact, and each counts alike."""
    if table.task != "regression" or len(set(table.sources)) <= MOST:
        return None
    squares = Squares.of(table, fitting)
    if int(fitting.sum()) < _ROWS_A_PART * len(squares.sources):
        return None
    score = squares.score(squares.sources)
    if _missed(table.y[~fitting], score) > 1 - IDENTITY:
        return None
    design = np.column_stack([table.x, np.ones(len(table.x))])
    weights, *_ = np.linalg.lstsq(design[fitting], table.y[fitting], rcond=None)
    moves = np.abs(weights[:-1]) * table.x[fitting].std(axis=0)
    parts = np.flatnonzero(moves > _ALIKE * table.y[fitting].std())
    names = tuple(dict.fromkeys(table.sources[place] for place in parts))
    size = np.abs(weights[parts])
    if not MOST < len(names) <= _PARTS or size.max() > (1 + _ALIKE) * size.min():
        return None
    value = 1 - _missed(table.y[~fitting], squares.score(names))
    return (names, "total", value) if value >= IDENTITY else None


def _missed(y: Floats, score: Floats) -> float:
    return float(((y[:, None] - score.reshape(y.size, -1)) ** 2).mean() / y.var())
