"""Rows drawn from a long table, the same on every machine: searches look at them where all rows would take too long.

Which rows are drawn follows from what they are called (`__row__`) and a seed, by the hash that also places rows in the
parts of a split: not from their order, nor from how many threads there are. Smaller draws lie within larger ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 200_000
"""So many rows tell of a leak, and of how a column is spread, what more of them would."""


@dataclass(frozen=True)
class Sample:
    """Rows of a table, in their order."""

    rows: pl.DataFrame
    table: pl.DataFrame
    seed: int

    @property
    def whole(self) -> bool:
        """Tell whether no row was left out."""
        return self.rows.height == self.table.height

    @property
    def told(self) -> str:
        """Say among which rows something was found; nothing where it was among all.

        Example:
            >>> table = pl.DataFrame({ROW: range(1_000), "x": range(1_000)})
            >>> draw(table, most=100).told, draw(table).told
            ('found among 100 of 1,000 rows, drawn with seed 0', '')
        """
        few = f"found among {self.rows.height:,} of {self.table.height:,} rows, drawn with seed {self.seed}"
        return "" if self.whole else few

    def noted(self, words: str) -> str:
        """Add to a sentence among which rows something was found."""
        return f"{words}; {self.told}" if words and self.told else words


def draw(table: pl.DataFrame, most: int | None = None, seed: int = 0) -> Sample:
    """Draw at most so many rows, else 200,000, of a table that has the column `__row__`."""
    most = MOST if most is None else most
    whole = table.height <= most
    return Sample(table if whole else table[places(table[ROW], most, seed)], table, seed)


def places(rows: pl.Series, most: int, seed: int) -> NDArray[np.int64]:
    """Give the places, ascending, of at most so many of the rows [n] that are called so.

    Example:
        >>> chosen = places(pl.Series(range(1_000)), most=3, seed=0)
        >>> len(chosen), set(chosen) < set(places(pl.Series(range(1_000)), most=9, seed=0))
        (3, True)
    """
    if rows.len() <= most:
        return np.arange(rows.len())
    bits = mixed(rows, seed)
    return np.flatnonzero(bits <= np.partition(bits, most - 1)[most - 1])


def spots(count: int, most: int | None = None, seed: int = 0) -> NDArray[np.int64]:
    """Draw places, ascending, of at most so many (else 200,000) of `count` values that have no name.

    Drawn with replacement and each kept once, which needs no look at the others: a few less than asked for are drawn.

    Example:
        >>> len(spots(1_000_000, most=100)), spots(3, most=100).tolist()
        (100, [0, 1, 2])
    """
    most = MOST if most is None else most
    if count <= most:
        return np.arange(count)
    return _drawn(count, most, seed)


@lru_cache(maxsize=2)
def _drawn(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """Draw once for all columns of a table; nobody may write into what they share."""
    drawn = np.unique(mixed(pl.int_range(most, eager=True), seed) % np.uint64(count)).astype(np.int64)
    drawn.flags.writeable = False
    return drawn
