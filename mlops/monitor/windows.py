"""Windows of event time: UTC hours, days, weeks from Monday, months, or so many records; the same whenever one looks.

Windows of so many records are counted from the first record of the bundle, and end with the batch that reaches the
number: records of one request have one time, and none of them is in two windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

_SILENCE = timedelta(weeks=1)  # nights and holidays are no end
MOMENT = timedelta(microseconds=1)
LENGTHS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}


@dataclass(frozen=True)
class Window:
    """From `start` until before `end`, both aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """Name it by its first day, and by its time where it is shorter than a day."""
        return f"{self.start:%Y-%m-%d}" if self.end - self.start >= LENGTHS["day"] else f"{self.start:%Y-%m-%d %H:%M}"


def floor(at: datetime, period: str) -> datetime:
    """Give the start of the period that a moment falls into."""
    if period == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "month":
        return day.replace(day=1)
    return day if period == "day" else day - timedelta(days=day.weekday())


def closed(first: datetime, until: datetime, period: str, most: int) -> tuple[Window, ...]:
    """List the latest windows, at most `most`, that began with or after the first record's and ended by `until`."""
    return tuple(reversed(list(_backwards(floor(first, period), floor(until, period), period, most))))


def _backwards(first: datetime, end: datetime, period: str, most: int) -> Iterator[Window]:
    while end > first and most > 0:
        start = floor(end - MOMENT, period)
        yield Window(start, end)
        end, most = start, most - 1


def counted(times: pl.Series, until: datetime, rows: int, most: int) -> tuple[Window, ...]:
    """List the latest windows, at most `most`, of `rows` records or a few more, none of which is later than `until`.

    `times` [n] are in order, in UTC.
    """
    known = times.filter(times <= until)
    moments = known.dt.epoch("us").to_numpy()
    found: list[Window] = []
    begun = 0
    while begun + rows <= len(moments):
        last = begun + rows - 1
        start, end = known[begun] if not found else found[-1].end, known[last] + MOMENT
        found.append(Window(start, end))
        begun = int(np.searchsorted(moments, moments[last], side="right"))
    return tuple(found[-most:])


def silent(newest: datetime, now: datetime, period: str | None, windows: int) -> bool:
    """Say whether a log has ended: nothing is newer than so many windows, nor than a week; a count has no length."""
    return now - newest > max(_SILENCE, timedelta() if period is None else windows * LENGTHS[period])
