"""Columns of some rows as arrays: what an expression is computed over, from a table and from a request alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.expressions.timestamps import MISSING


@dataclass(frozen=True)
class Texts:
    """A column of text: the position of each row's value in `values`, -1 where it is null."""

    positions: NDArray[np.int64]
    values: tuple[str, ...]

    def mapped(self, of: Callable[[str], float]) -> NDArray[np.float64]:
        """Compute a number of each value once; NaN where there is none."""
        table = np.array([*(of(value) for value in self.values), np.nan], dtype=np.float64)
        found: NDArray[np.float64] = table[self.positions]
        return found

    def changed(self, to: Callable[[str], str | None]) -> Texts:
        """Make another text of each value once, or none."""
        return gathered(self.positions, [to(value) for value in self.values])

    def listed(self) -> list[str | None]:
        """Give the text of each row."""
        known = (*self.values, None)
        return [known[position] for position in self.positions.tolist()]


@dataclass(frozen=True)
class Moments:
    """A column of moments: microseconds since 1970 in UTC, `timestamps.MISSING` where there is none."""

    at: NDArray[np.int64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is one."""
        found: NDArray[np.bool_] = self.at != MISSING
        return found


Column = NDArray[np.float64] | Moments | Texts
"""Numbers are doubles, NaN where missing; true is 1 and false 0."""
Columns = Mapping[str, Column]


def texts(values: list[str | None]) -> Texts:
    """Make a column of texts by row."""
    known = {value: position for position, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
    positions = np.array([-1 if value is None else known[value] for value in values], dtype=np.int64)
    return Texts(positions, tuple(known))


def gathered(positions: NDArray[np.int64], values: list[str | None]) -> Texts:
    """Make a column of texts by position, where values may be equal, or missing."""
    known = {value: index for index, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
    table = np.array([*(-1 if v is None else known[v] for v in values), -1], dtype=np.int64)
    return Texts(table[positions], tuple(known))


def finite(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Make what is no finite number missing; there is one zero, as whole numbers have one."""
    found: NDArray[np.float64] = np.where(np.isfinite(numbers), numbers, np.nan) + 0.0
    return found
