"""A few rows of a table in place of all, for a run that only shows that everything works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from pydantic import BaseModel

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Extract(BaseModel, extra="forbid", frozen=True):
    """How many rows are kept of a table, and which."""

    rows: int
    stratum: str | None = None
    """Column whose every value keeps some rows: the target, where it has classes."""
    least: int = 0
    """Rows that each such value keeps, where it has as many."""
    ordered: bool = False
    """Whether the last rows are kept: a forecast looks at those before, which a random part has not."""

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Draw rows, in their order; the same ones each time.

        >>> Extract(rows=2, ordered=True).of(pl.DataFrame({"x": [1, 2, 3]}))["x"].to_list()
        [2, 3]
        """
        if frame.height <= self.rows:
            return frame
        if self.ordered:
            return frame.tail(self.rows)
        drawn = np.random.default_rng(0).permutation(frame.height)
        known = self.stratum is not None and self.stratum in frame.columns
        kept = self._by_stratum(frame[str(self.stratum)], drawn) if known else drawn[: self.rows]
        return frame[np.sort(kept)]

    def _by_stratum(self, values: pl.Series, drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take the first of the drawn rows [n] of each value: its share, or `least`."""
        codes = values.cast(pl.String).rank("dense").fill_null(0).to_numpy()[drawn]
        order = np.argsort(codes, kind="stable")
        _, first, size = np.unique(codes[order], return_index=True, return_counts=True)
        place = np.arange(len(order)) - np.repeat(first, size)
        share = np.maximum(np.repeat(size, size) * (self.rows / len(order)), self.least)
        return np.asarray(drawn[order[place < share]])
