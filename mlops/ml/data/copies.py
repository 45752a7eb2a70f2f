"""Copies of rows, whole or almost, kept in one part: for `split: {copies: together}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.errors import DataError
from mlops.ml.data import duplicates, near_copies, sample
from mlops.ml.data.names import VALUE
from mlops.ml.data.parquet import ROW

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 20_000
"""Of more rows only whole copies are looked for: what is almost one would be asked of every pair."""
_LARGEST = 0.1
_LOOKED = 1_000
_ROUNDS = 5
_PLACE = "__place__"


def together(frame: pl.DataFrame, parts: pl.Series, features: Sequence[str], target: str) -> pl.Series:
    """Give each row the part of the first of its copies, by `__row__`: whole ones, and what is almost one.

    Args:
        frame: rows [n] with `__row__`, `features` and `target`.
        parts: the part of each row [n], as a code.
        features: columns that are learnt from; by them rows are almost copies.
        target: the column that whole copies share too.

    Raises:
        DataError: more than a tenth of all rows would hang together.

    Example:
        >>> rows = pl.DataFrame({"__row__": [0, 1, 2], "a": [5, 6, 5], "y": [1, 0, 1]})
        >>> together(rows, pl.Series([2, 0, 1]), ["a"], "y").to_list()  # so few columns tell no rows apart
        [2, 0, 1]
    """
    order = np.argsort(frame[ROW].to_numpy(), kind="stable")  # neighbours are looked for in blocks, by where rows stand
    rows, dealt = frame[order], parts[order]
    pairs = [_whole(rows, [*features, target])]
    near = rows.height <= MOST and near_copies.comparable(rows, features)
    pairs += [near_copies.twins(rows, rows, features, cautious=True)] if near else []
    first = _firsts(rows.height, pairs)
    for _ in range(_ROUNDS if near else 0):  # how near is too near depends on who else is in the other parts
        across = _across(rows, dealt.gather(first), features)
        if not across[0].size:
            break
        first = _firsts(rows.height, pairs := [*pairs, across])
    largest = int(np.bincount(first).max(initial=0))
    if largest > max(_LARGEST * rows.height, 2):
        raise DataError(
            f"{largest:,} of {rows.height:,} rows are copies of each other, whole or almost, from one to the next",
            hint="name what they share: split: {by: group, key: COLUMN}",
        )
    return dealt.gather(first)[np.argsort(order)]


def _firsts(count: int, pairs: Sequence[tuple[near_copies.Places, near_copies.Places]]) -> NDArray[np.int64]:
    """Give the place of the first of all rows that pairs tie to each: [count]; its own where nothing does."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones, others = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    ties = coo_array((np.ones(ones.size, dtype=bool), (ones, others)), (count, count))
    _, named = connected_components(ties, directed=False)
    known, least = np.unique(named, return_index=True)
    return np.asarray(least[np.searchsorted(known, named)])


def _across(
    rows: pl.DataFrame, parts: pl.Series, features: Sequence[str]
) -> tuple[near_copies.Places, near_copies.Places]:
    """Pair what is almost a copy of a row of another part, as the check of a division asks."""
    found = []
    for part in parts.unique().sort():
        inside, outside = (np.flatnonzero(each.to_numpy()) for each in (parts == part, parts != part))
        if near_copies.comparable(rows[outside], features):
            ones, others = near_copies.twins(rows[inside], rows[outside], features)
            found.append((inside[ones], outside[others]))
    nothing = np.empty(0, dtype=np.int64)
    ones, others = (np.concatenate([nothing, *ends]) for ends in (zip(*found, strict=True) if found else ((), ())))
    return ones, others


def many(frame: pl.DataFrame, features: Sequence[str], target: str) -> bool:
    """Tell whether `together` mends a table that is refused otherwise; a sample tells of what is almost a copy."""
    if duplicates.too_many(_whole(frame, [*features, target])[0].size, frame.height):
        return True
    if frame.height > MOST or not near_copies.comparable(frame, features):
        return False
    asked = frame[sample.places(frame[ROW], min(frame.height, _LOOKED), seed=1)]
    return duplicates.too_many(near_copies.twins(asked, frame, features)[0].size, asked.height)


def _whole(frame: pl.DataFrame, columns: Sequence[str]) -> tuple[near_copies.Places, near_copies.Places]:
    """Pair each row with the first that equals it."""
    if not duplicates.tells_rows_apart(frame, columns):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    hashes = frame.select(columns).hash_rows(seed=0).alias(VALUE)
    same = pl.DataFrame([hashes]).with_row_index(_PLACE).select(_PLACE, pl.col(_PLACE).first().over(VALUE).alias(VALUE))
    copies = same.filter(pl.col(_PLACE) != pl.col(VALUE))
    return copies[_PLACE].to_numpy().astype(np.int64), copies[VALUE].to_numpy().astype(np.int64)
