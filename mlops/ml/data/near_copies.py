"""Rows that lie nearer to each other than chance brings honest rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mlops.ml.data import splits

_BLOCKS = 32
_LEAST_TRAIN = 100
_DISTINCT = 20
_LEAST_NUMBERS = 3
_LOOKED = 10_000
_AT_ONCE = 4_096
_SCALED = 65_536
_SHALLOW, _MANY = 6, 500_000
"""In so few dimensions, and of so many rows, a tree is quicker than a matrix."""
_MOST_COPIES = 2_048
_LOST = 1e-4  # of a square's size, by computing it from a product
_CHANCE = 1e-4
"""Expected rows so near to an honest one."""
_NEAREST = 0.05

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


def comparable(known: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Tell whether there are rows and numbers enough to say how near two rows lie by chance."""
    return known.height >= _LEAST_TRAIN and sum(_is_spread(known[name]) for name in columns) >= _LEAST_NUMBERS


def twins(
    asked: pl.DataFrame, known: pl.DataFrame, columns: Sequence[str], *, cautious: bool = False
) -> tuple[Places, Places]:
    """Pair places of rows that are almost copies, never whole ones: [pairs] in `asked`, [pairs] in `known`.

    The nearest of a row says whether it has one. To be cautious is to pair it with every one that is too near, and to
    call so what is ten times as likely by chance: of fewer rows, say of other parts, the same distance is less likely.
    """
    numbers = [name for name in columns if _is_spread(known[name])]
    centre, scale = _scaling(known, numbers)
    nearest, places = _nearest(_scaled(asked, numbers, centre, scale), _scaled(known, numbers, centre, scale))
    close = too_near(nearest, _CHANCE * (10 if cautious else 1))
    if not cautious:
        close &= np.arange(nearest.shape[1]) == nearest.argmin(axis=1)[:, None]
    rows, blocks = np.nonzero(close)
    found = places[rows, blocks]
    alike = np.ones(rows.size, dtype=bool)
    for name in (name for name in columns if name not in numbers):
        alike &= asked[name][rows].eq_missing(known[name][found]).to_numpy()
    return rows[alike], found[alike]


def too_near(nearest: Floats, chance: float) -> NDArray[np.bool_]:
    """Tell which neighbours chance does not give; `nearest`, and what is told of it, are of shape (rows, blocks)."""
    low, middle, high = np.quantile(nearest, [0.25, 0.5, 0.75], axis=1)
    spread = (low > 0) & (high > low * 1.0001) & np.isfinite(high)
    if not spread.any():
        return np.zeros(nearest.shape, dtype=bool)
    # quartiles of a Weibull distribution of shape D are in the ratio (ln 4 / ln 4⁄3) ** (1 / D)
    dimension = float(np.median(math.log(math.log(4) / math.log(4 / 3)) / np.log(high[spread] / low[spread])))
    within = nearest.shape[1] * math.log(2)  # rows expected within the median distance
    radius = min(_NEAREST, (chance / within) ** (1 / dimension))
    return np.asarray(spread[:, None] & (nearest < radius * middle[:, None]))


def _is_spread(values: pl.Series) -> bool:
    if not values.dtype.is_numeric():
        return False
    return any(part.n_unique() > _DISTINCT // 2 for part in (values.head(_LOOKED), values))


def _scaling(train: pl.DataFrame, names: Sequence[str]) -> tuple[Floats, Floats]:
    columns = [train[name].cast(pl.Float64) for name in names]
    centre = np.array([float(column.median() or 0.0) for column in columns])  # type: ignore[arg-type]  # numbers
    spread = np.array([float(column.std() or 0.0) for column in columns])  # type: ignore[arg-type]
    return centre.astype(np.float32), np.where(spread > 0, spread, 1.0).astype(np.float32)


def _scaled(frame: pl.DataFrame, names: Sequence[str], centre: Floats, scale: Floats) -> Floats:
    """Scale some rows at a time, in double precision, of which no copy of all is made."""
    out = np.empty((frame.height, len(names)), dtype=np.float32)
    for place, (name, middle, unit) in enumerate(zip(names, centre.tolist(), scale.tolist(), strict=True)):
        for start in range(0, frame.height, _SCALED):
            block = frame[name].slice(start, _SCALED).cast(pl.Float64).fill_null(middle)
            out[start : start + _SCALED, place] = (block.to_numpy() - middle) / unit
    return out


def _nearest(queries: Floats, train: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Give distance and place of the row of each block of train nearest to each query, copies of it left out."""
    order = np.argsort(splits.mixed(pl.int_range(len(train), eager=True), seed=2))  # no two are equal
    sizes = (queries * queries).sum(axis=1)[:, None]
    found = np.full((len(queries), _BLOCKS), np.inf, dtype=np.float32)
    places = np.zeros((len(queries), _BLOCKS), dtype=np.int64)
    for index, chosen in enumerate(np.array_split(order, _BLOCKS)):
        if queries.shape[1] <= _SHALLOW and len(train) >= _MANY:
            found[:, index], nearest = _by_tree(queries, train[chosen])
            places[:, index] = chosen[nearest]
            continue
        for rows in np.array_split(chosen, max(1, len(chosen) // _AT_ONCE)):
            block = train[rows]
            squares = (block * block).sum(axis=1) - 2 * (queries @ block.T)
            place = squares.argmin(axis=1)
            exactly = np.square(queries - block[place]).sum(axis=1)  # the product loses digits where rows are close
            if (copies := np.flatnonzero(exactly == 0)).size:
                again = squares[copies] + sizes[copies]
                again[again < _LOST * (1 + sizes[copies])] = np.inf
                place[copies] = again.argmin(axis=1)
                exactly[copies] = np.square(queries[copies] - block[place[copies]]).sum(axis=1)
                exactly[copies[~np.isfinite(again.min(axis=1))]] = np.inf
            nearer = exactly < found[:, index]
            found[nearer, index], places[nearer, index] = exactly[nearer], rows[place[nearer]]
    return np.sqrt(found), places


def _by_tree(queries: Floats, block: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Give the square of the distance and the place of the row of a block nearest to each query, copies left out.

    In few dimensions a tree asks a hundredth of the rows (Bentley, 1975).
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(block, compact_nodes=False, balanced_tree=False)
    found = np.full(len(queries), np.inf, dtype=np.float32)
    places = np.zeros(len(queries), dtype=np.int64)
    left, asked = np.arange(len(queries)), 2
    while left.size and asked <= _MOST_COPIES:
        _, near = tree.query(queries[left], k=asked)
        squares = np.square(queries[left, None] - block[near]).sum(axis=2)
        squares[squares == 0] = np.inf
        best = squares.argmin(axis=1)
        found[left], places[left] = squares[np.arange(left.size), best], near[np.arange(left.size), best]
        left, asked = left[~np.isfinite(found[left])], asked * 8
    return found, places
