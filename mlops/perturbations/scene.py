"""Rows that are to be perturbed, and what is usual for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.kinds.later import Later

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
else:
    pl = Later("polars")

_TYPES = {"numeric": ("int", "float"), "text": ("string", "category", "text")}


@dataclass(frozen=True)
class Scene:
    """The rows to change, the training rows that say what is usual, and the columns that the model reads, by type."""

    test: pl.DataFrame
    train: pl.DataFrame
    columns: Mapping[str, str]
    shape: tuple[int, ...] | None = None
    """Channels, height and width where the rows are images, else None."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Number the rows."""
        return self.test["__row__"].to_numpy()

    def of(self, what: str | None) -> list[str]:
        """Name the columns that are `numeric` or `text`, or all of them."""
        return [name for name, kind in self.columns.items() if what is None or kind in _TYPES[what]]


def values(frame: pl.DataFrame, name: str) -> Floats:
    """Read a column as numbers, missing ones as NaN."""
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def numbers(name: str, found: Floats) -> pl.Series:
    """Make a column of numbers, missing where they are NaN."""
    return pl.Series(name, found, dtype=pl.Float64).fill_nan(None)
