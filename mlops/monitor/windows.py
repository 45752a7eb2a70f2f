"""Windows of event time: UTC hours, days, or weeks from Monday; the same whenever somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_SILENCE = timedelta(weeks=1)  # nights and holidays are no end
LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True)
class Window:
    """From `start` until before `end`, both aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """Name it by its first day, and by its hour where it is shorter than a day."""
        return f"{self.start:%Y-%m-%d}" if self.end - self.start >= LENGTHS["day"] else f"{self.start:%Y-%m-%d %H:%M}"


def floor(at: datetime, period: str) -> datetime:
    """Give the start of the period that a moment falls into."""
    if period == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if period == "day" else day - timedelta(days=day.weekday())


def closed(first: datetime, until: datetime, period: str, most: int) -> Iterator[Window]:
    """List the latest windows, at most `most`, that began with or after the first record's and ended by `until`."""
    length = LENGTHS[period]
    end = floor(until, period)
    start = max(floor(first, period), end - most * length)
    while start < end:
        yield Window(start, start + length)
        start += length


def silent(newest: datetime, now: datetime, period: str, windows: int) -> bool:
    """Say whether a log has ended: nothing is newer than so many windows, nor than a week."""
    return now - newest > max(_SILENCE, windows * LENGTHS[period])
