"""What a rule reads in a report."""

from __future__ import annotations

from typing import NamedTuple


class Measured(NamedTuple):
    """A value with the ends of its interval, which are the value itself where it is counted, and of how many what."""

    value: float
    low: float
    high: float
    total: int
    what: str = "rows"
