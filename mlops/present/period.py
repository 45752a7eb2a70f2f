"""The time that the rows of a snapshot are of, as a run's reports tell it: no clock is looked at."""

from __future__ import annotations

import re

from mlops.documents.data import DataReport
from mlops.documents.split import SplitReport

_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?$")


def period(data: DataReport | None, split: SplitReport) -> str:
    """Say from when to when rows are, and by which column; empty where no such column may be told.

    The column that divides rows by time is known from the split. Any other must be public: the one whose freshness is
    checked, or the only one of dates.

    >>> from mlops.documents.split import PartReport
    >>> parts = {"train": PartReport(first="2030-01-01 00:00:00"), "test": PartReport(last="2030-06-30")}
    >>> period(None, SplitReport(by="time", key="day", parts=parts))
    'day from 2030-01-01 to 2030-06-30'
    """
    ends = [end for part in split.parts.values() for end in (part.first, part.last) if end is not None]
    if split.key is not None and ends:
        return _said(split.key, *_outer(ends))
    columns = () if data is None else data.columns
    told = {column.name: column for column in columns if column.min is not None and column.max is not None}
    fresh = [check.column for check in ([] if data is None else data.checks) if check.name == "freshness"]
    dated = [column.name for column in columns if column.type in ("date", "datetime")]
    asked = {name for name in (fresh or dated) if name is not None}
    name = next(iter(asked)) if len(asked) == 1 else ""
    return _said(name, str(told[name].min), str(told[name].max)) if name in told else ""


def _outer(ends: list[str]) -> tuple[str, str]:
    """Find the first and the last: numbers by their size, moments by their letters, which are in the order of time."""
    order = float if all(re.fullmatch(r"[-+]?\d+(\.\d+)?", end) for end in ends) else str
    return min(ends, key=order), max(ends, key=order)


def _said(name: str, first: str, last: str) -> str:
    first, last = _MIDNIGHT.sub("", first), _MIDNIGHT.sub("", last)
    return f"{name} from {first} to {last}" if first != last else f"{name} of {first}"
