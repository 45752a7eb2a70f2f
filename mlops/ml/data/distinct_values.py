"""How many distinct values a column has: counted by marks or by sorting where that is quicker than a hash table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 65_536
_MARKS = 2**22
"""Whole numbers of no wider range have a mark each, which a processor's cache holds."""
_MANY = 100_000
"""Of fewer values any way is quick."""
_WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_BROKEN = (pl.Float32, pl.Float64)


def count(values: pl.Series) -> int:
    """Count the distinct values of a column, a missing value not counted; NaN is one value, and -0.0 is 0.0.

    Example:
        >>> count(pl.Series([3, None, 3, 5])), count(pl.Series([0.0, -0.0, float("nan"), float("nan")]))
        (2, 2)
    """
    physical = values.to_physical() if values.dtype.is_temporal() else values
    known = values.len() - values.null_count()
    if known < _MANY or physical.dtype not in (*_WHOLE, *_BROKEN):
        return int(values.n_unique()) - (known < values.len())
    if physical.dtype in _WHOLE and (span := _span(physical)) <= min(_MARKS, 4 * known):
        return _marked(physical, span)
    return _by_sorting(physical.drop_nulls().to_numpy(writable=True))


def _span(whole: pl.Series) -> int:
    """Say how many whole numbers there are from the least to the greatest value."""
    return int(whole.max()) - int(whole.min()) + 1  # type: ignore[arg-type]  # of a column of whole numbers


def _marked(whole: pl.Series, span: int) -> int:
    """Mark each value that occurs."""
    marks = np.zeros(span, dtype=np.bool_)
    least = int(whole.min())  # type: ignore[arg-type]  # of a column of whole numbers
    for start in range(0, whole.len(), _AT_ONCE):
        marks[whole.slice(start, _AT_ONCE).drop_nulls().to_numpy().astype(np.int64) - least] = True
    return int(np.count_nonzero(marks))


def _by_sorting(known: NDArray[Any]) -> int:
    """Sort, in place, what would need a large hash table."""
    known.sort()
    if known.dtype.kind == "f":
        missing = np.isnan(known[-1])
        known = known[: np.searchsorted(known, np.nan)] if missing else known
        return _steps(known) + bool(missing)
    return _steps(known)


def _steps(ascending: NDArray[Any]) -> int:
    """Count the distinct values of ascending numbers, a block at a time so that no mask of all is made."""
    starts = range(0, ascending.size, _AT_ONCE)
    blocks = (ascending[start : start + _AT_ONCE + 1] for start in starts)
    return sum(int(np.count_nonzero(block[1:] != block[:-1])) for block in blocks) + min(ascending.size, 1)
