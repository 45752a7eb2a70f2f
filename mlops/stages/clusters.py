"""Which rows hang together: what was sampled from the world are their people or dates, not they themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.errors import IntegrityError
from mlops.ml.data.periods import blocks, periods

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.ensemble import Together
    from mlops.stages.context import StageContext


def numbered(groups: pl.Series) -> NDArray[np.int64]:
    """Number the groups of rows [n]; a row without one is a group by itself.

    Example:
        >>> numbered(pl.Series(["b", "a", None, "b"])).tolist()
        [2, 1, -3, 2]
    """
    known = groups.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    return np.where(known > 0, known, -1 - np.arange(len(groups)))


def read(context: StageContext, asked: Together | None, rows: int) -> tuple[NDArray[np.int64], ...]:
    """Number the clusters [rows] of the rows of validation, by each column that they hang together by.

    Raises:
        IntegrityError: the split has other rows than the features that were made of it.
    """
    if asked is None:
        return ()
    names = list(asked.columns)
    found = pl.read_parquet(context.path("artifacts/split/validation.parquet"), columns=names)
    if found.height != rows:
        said = f"artifacts/split has {found.height:,} rows of validation, artifacts/features {rows:,}"
        raise IntegrityError(said, hint="dvc repro")
    if asked.every is not None:
        return (blocks(periods(found[names[0]], asked.every).to_numpy(), asked.horizon),)
    return tuple(numbered(found[name]) for name in names)
