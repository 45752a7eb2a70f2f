"""Whether at most five columns, read together, give a target away: a shallow tree or a linear rule reaches a bound.

What one column cannot tell, several can: a sum, a difference, a ratio, which of them are missing. Columns are chosen on
some rows and judged on others, by a tree of depth 3 and by least squares on values and on their logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlops.ml.data import combined_columns
from mlops.ml.data.combined_columns import IDENTITY, How
from mlops.ml.data.linear_rule import MOST, Squares
from mlops.ml.data.too_good import Floats, Rows, Table, enough, lead, reached
from mlops.ml.light import without_pandas

_DEPTH = 3
_NONZERO = 0.99
_LOOKED = 1_000
_PLAIN = 2
"""So many columns give a target away whatever the others say; more of them only if the others say little."""
HALF = 0.5
"""Share of the way to certainty below which the rest of the columns says little."""
_TREES = 50
_ROWS = 5_000
_SEED = 0


@dataclass(frozen=True)
class Few:
    """Columns of the data that reach the bound together, how, and what they reach.

    There are at most five, but for a plain total.
    """

    columns: tuple[str, ...]
    how: Literal["tree", "linear", "logarithms"] | How
    value: float
    """AUROC, R² (of logarithms where these were taken), or the share of right answers."""


def find(table: Table, fitting: Rows) -> Few | None:
    """Search; `fitting` marks the rows to choose columns on, the others judge.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> x = draw.normal(size=(400, 3))
        >>> few = find(Table(x, ("a", "b", "c"), x[:, 0] - x[:, 2], "regression"), np.arange(400) % 2 == 0)
        >>> few.columns, few.how
        (('a', 'c'), 'linear')
    """
    if not table.sources or not enough(table, fitting):
        return None
    found = _by_tree(table, fitting) or _by_least_squares(table, fitting, "linear") or _by_logarithms(table, fitting)
    found = found or _combined(table, fitting)
    if found is None or len(found.columns) <= _PLAIN or (table.task == "regression" and found.value >= IDENTITY):
        return found
    # classes that lie far apart in many columns do so in some five too: no leak, where the others do as well
    rest = table.without(frozenset(found.columns))
    return found if rest.sources and without(rest, fitting) < HALF else None


def _combined(table: Table, fitting: Rows) -> Few | None:
    found = combined_columns.find(table, fitting)
    return None if found is None else Few(*found)


def without(rest: Table, fitting: Rows) -> float:
    """Measure the share of the way from a dummy to certainty that columns go: linearly, or by a forest."""
    squares = Squares.of(rest, fitting)
    linear = squares.score(squares.sources)
    return max(lead(rest, fitting, linear), lead(rest, fitting, _forest(rest, fitting)))


def _forest(table: Table, fitting: Rows) -> Floats:
    with without_pandas():
        from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    kind = ExtraTreesRegressor if table.task == "regression" else ExtraTreesClassifier
    rows = np.flatnonzero(fitting)[:_ROWS]
    forest = kind(_TREES, random_state=_SEED, n_jobs=1, min_samples_leaf=3).fit(table.x[rows], table.y[rows])
    judged = table.x[~fitting]
    return np.asarray(forest.predict(judged)[:, None] if table.task == "regression" else forest.predict_proba(judged))


def _by_tree(table: Table, fitting: Rows) -> Few | None:
    ranked = _tree(table, fitting, frozenset(table.sources))
    if ranked is None:
        return None
    found = _smallest(ranked[1][:MOST], lambda names: _first(_tree(table, fitting, frozenset(names))))
    return None if found is None else Few(found[0], "tree", found[1])


def _tree(table: Table, fitting: Rows, names: frozenset[str]) -> tuple[float, tuple[str, ...]] | None:
    """Grow a tree on some columns; give what it reaches and the columns that it uses, the most useful first."""
    with without_pandas():
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
    part = table.without(frozenset(table.sources) - names)
    kind = DecisionTreeRegressor if table.task == "regression" else DecisionTreeClassifier
    tree = kind(max_depth=_DEPTH, random_state=_SEED).fit(part.x[fitting], part.y[fitting])
    judged = part.x[~fitting]
    score = tree.predict(judged) if table.task == "regression" else tree.predict_proba(judged)
    value = reached(part.y[~fitting], score[:, 1] if table.task == "binary" else score, table.task)
    weight = tree.feature_importances_
    used = (part.sources[place] for place in np.argsort(-weight, kind="stable") if weight[place] > 0)
    return None if value is None else (value, tuple(dict.fromkeys(used)))


def _first(found: tuple[float, tuple[str, ...]] | None) -> float | None:
    return None if found is None else found[0]


def _smallest(
    names: tuple[str, ...], reach: Callable[[tuple[str, ...]], float | None]
) -> tuple[tuple[str, ...], float] | None:
    """Leave out, from the last to the first, what is not needed to reach the bound."""
    value = reach(names)
    if value is None:
        return None
    for name in reversed(names):
        rest = tuple(other for other in names if other != name)
        if rest and (less := reach(rest)) is not None:
            names, value = rest, less
    return names, value


def _by_logarithms(table: Table, fitting: Rows) -> Few | None:
    """Products and ratios are sums and differences of logarithms."""
    x, y = table.x, table.y
    rows = np.ones(y.size, dtype=bool)
    if table.task == "regression":
        rows = y != 0
        if rows.mean() < _NONZERO:
            return None
        y = np.log(np.abs(np.where(rows, y, 1.0)))
    whole = np.array([(column != 0).mean() >= _NONZERO and np.unique(column[:_LOOKED]).size > 2 for column in x.T])
    if not whole.any():
        return None
    logs = np.log(np.abs(np.where(x[:, whole] == 0, 1.0, x[:, whole])))
    sources = tuple(name for name, kept in zip(table.sources, whole, strict=True) if kept)
    part = Table(logs[rows], sources, y[rows], table.task)
    return _by_least_squares(part, fitting[rows], "logarithms") if enough(part, fitting[rows]) else None


def _by_least_squares(table: Table, fitting: Rows, how: Literal["linear", "logarithms"]) -> Few | None:
    squares = Squares.of(table, fitting)
    for places in squares.candidates():
        names = tuple(dict.fromkeys(squares.sources[place] for place in places))
        if len(names) <= MOST and (found := _smallest(names, squares.reach)) is not None:
            return Few(found[0], how, found[1])
    return None
