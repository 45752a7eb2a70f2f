"""What expressions make of moments: parts of a date, and the time between two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlops.expressions.timestamps import DAY, parts_of
from mlops.expressions.values import Moments

Numbers = NDArray[np.float64]
BETWEEN = {"days_between": DAY, "hours_between": DAY // 24, "seconds_between": DAY // 86_400}
"""Microseconds of the unit that a difference is told in."""


def _part(name: str) -> Callable[[Moments], Numbers]:
    return lambda moments: parts_of(moments.at.reshape(-1, 1), [(0, name)])[:, 0]


PARTS: dict[str, Callable[[Moments], Numbers]] = {
    name: _part(name) for name in ("year", "month", "day", "weekday", "hour")
}
"""Parts of a moment, in UTC."""


def years_between(start: Moments, end: Moments) -> Numbers:
    """Count whole years, as an age is: who was born on the 29th of February is a year older on the 1st of March."""
    first, last = (_within(each) for each in (start, end))
    early = _before(last[1:], first[1:])
    return last[0] - first[0] - early


def _within(moments: Moments) -> tuple[Numbers, ...]:
    """Give year, month, day, and the microsecond of the day."""
    found = parts_of(moments.at.reshape(-1, 1), [(0, "year"), (0, "month"), (0, "day")])
    return found[:, 0], found[:, 1], found[:, 2], (moments.at % DAY).astype(np.float64)


def _before(left: tuple[Numbers, ...], right: tuple[Numbers, ...]) -> NDArray[np.bool_]:
    """Compare part by part, the greatest first."""
    found = np.zeros(len(left[0]), dtype=bool)
    for one, other in zip(reversed(left), reversed(right), strict=True):
        found = (one < other) | ((one == other) & found)
    return found
