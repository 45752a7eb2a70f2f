"""Dates and times: text to microseconds since 1970 in UTC, microseconds to parts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MISSING = int(np.iinfo(np.int64).min)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000
DAY = 24 * _HOUR
"""A day in microseconds."""


def parse_date(text: str) -> int:
    """Read an ISO 8601 date as the microsecond it starts at; raises ValueError."""
    return (date.fromisoformat(text).toordinal() - _EPOCH.toordinal()) * DAY


def parse_datetime(text: str) -> int:
    """Read an ISO 8601 time as microseconds; one without an offset is taken as UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def parts_of(moments: NDArray[np.int64], wanted: Sequence[tuple[int, str]]) -> NDArray[np.float64]:
    """Take a part of a column of moments [n, columns] for each pair wanted; NaN where the moment is missing.

    Parts are year, month, day, weekday (Monday is 1) and hour.
    """
    days = moments // DAY
    months: NDArray[np.int64] = days.view("datetime64[D]").astype("datetime64[M]").view(np.int64)
    made = {part: _part(part, moments, days, months) for part in {part for _, part in wanted}}
    out = np.empty((len(moments), len(wanted)))
    for index, (column, part) in enumerate(wanted):
        out[:, index] = made[part][:, column]
    out[(moments == MISSING)[:, [column for column, _ in wanted]]] = np.nan
    return out


def _part(
    part: str, moments: NDArray[np.int64], days: NDArray[np.int64], months: NDArray[np.int64]
) -> NDArray[np.int64]:
    if part == "year":
        return months // 12 + 1970
    if part == "month":
        return months % 12 + 1
    if part == "day":
        return days - months.view("datetime64[M]").astype("datetime64[D]").view(np.int64) + 1
    if part == "weekday":
        return (days + 3) % 7 + 1
    return moments % DAY // _HOUR
