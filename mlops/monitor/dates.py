"""How dates of a window are compared with training's: in days, and by each part of them that the model reads.

A date that is simply now, such as the day of an order, moves on by itself, and one day shows one weekday and one month
of the many in training: neither is a shift. Of such a column, in such a window, only those parts are compared that come
round within it: hours in a day, weekdays in a week, days in a month. As soon as its values are no longer about now, the
column is compared as any other date is, and stands out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.expressions.timestamps import DAY, parse_date, parse_datetime, parts_of
from mlops.monitor import drift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.documents.profile import ColumnProfile, Numbers
    from mlops.monitor.drift import Bins
    from mlops.monitor.windows import Window

    Moments = NDArray[np.int64]

_MOST = 0.9  # of the values must be about now ...
_NEAR = 0.1  # ... by less than so much of the time that training spans, or than the window is long
_ROUND = {"hour": 1, "weekday": 7, "day": 28, "month": 365}  # days in which a part comes round; a year never does


@dataclass(frozen=True)
class Dates:
    """One column of a window: when its rows were asked, and what they say; both [n], microseconds since 1970."""

    asked: Moments
    said: Moments

    @classmethod
    def of(cls, column: pl.Series, asked: pl.Series, kind: str) -> Dates:
        """Read a column as it was logged: texts as the request schema accepts them, null where nothing was said."""
        texts = column.cast(pl.String)
        known = texts.is_not_null()
        parse = parse_date if kind == "date" else parse_datetime
        said = np.array([parse(text) for text in texts.filter(known)], dtype=np.int64)
        return cls(asked.filter(known).dt.epoch("us").to_numpy(), said)

    def are_now(self, window: Window, span: int) -> bool:
        """Say whether the column says when it was asked, about; `span` is how long training lasts, in microseconds."""
        length = (window.end - window.start).total_seconds() * 1e6
        near = np.abs(self.said - self.asked) <= max(length, _NEAR * span)
        return bool(len(near)) and float(near.mean()) >= _MOST


def bins(
    name: str, dates: Dates, window: Window, profile: ColumnProfile, rows: int, ignored: Collection[str] = ()
) -> Iterator[tuple[str, Bins]]:
    """Count dates in the bins of a profile made of `rows` values: `name` for days, `name.part` for a part.

    Bundles of earlier releases say nothing of dates but the first and the last: there is nothing to compare.
    """
    if profile.days is None or profile.minimum is None or profile.maximum is None:
        return
    parse = parse_date if profile.type == "date" else parse_datetime
    first, last = parse(profile.minimum), parse(profile.maximum)
    now = dates.are_now(window, last - first)
    if not now:
        for day, made in _made(name, (dates.said - first) / DAY, profile.days, rows):
            edges = tuple(_day(first, edge) for edge in profile.days.edges if made.edges)
            levels = tuple(_day(first, value) for value in profile.days.values or ())
            yield day, replace(made, edges=edges, levels=levels)
    days = (window.end - window.start).total_seconds() / 86_400
    known = {
        part: described
        for part, described in profile.parts.items()
        if f"{name}.{part}" not in ignored and (not now or (part in _ROUND and days >= _ROUND[part]))
    }
    values = parts_of(dates.said.reshape(-1, 1), [(0, part) for part in known])
    for index, (part, described) in enumerate(known.items()):
        yield from _made(f"{name}.{part}", values[:, index], described, rows)


def _day(first: int, days: float) -> str:
    """Spell the day that is so many days after a first one, which is in microseconds since 1970."""
    return str(np.datetime64(int(first + days * DAY), "us").astype("datetime64[D]"))


def _made(name: str, values: drift.Floats, described: Numbers, rows: int) -> Iterator[tuple[str, Bins]]:
    made = drift.numbers(values, described, rows)
    if made is not None:
        yield name, made
