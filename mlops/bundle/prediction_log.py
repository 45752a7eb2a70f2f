"""The prediction log: what a server writes down of its answers and the monitor reads back.

A folder of Parquet segments, each written once and renamed into place. A segment's name says the times of its first and
last record, so that a reader opens only those it needs. Columns: `prediction_id`, `at` (UTC), `bundle` (digest),
`features` (a struct of the request's fields; dates as text, as they came) and `output` (a score, or one per class).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mlops.bundle.schema import RequestSchema

_TYPES: dict[str, type[pl.DataType]] = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}
_TIME = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"(\d{8}T\d{12}Z)-(\d{8}T\d{12}Z)-[0-9a-z-]+\.parquet")


def segment(
    schema: RequestSchema,
    bundle: str,
    identities: Sequence[str],
    microseconds: Sequence[int],
    rows: Sequence[dict[str, Any]],
    output: Sequence[Any],
) -> pl.DataFrame:
    """Make a table of records; `microseconds` since 1970, `rows` as the request schema accepted them."""
    columns = [
        pl.Series(field.name, [row[field.name] for row in rows], dtype=_TYPES.get(field.type, pl.String), strict=False)
        for field in schema.fields
    ]
    return pl.DataFrame(
        [
            pl.Series("prediction_id", identities, dtype=pl.String),
            pl.Series("at", microseconds, dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
            pl.Series("bundle", [bundle], dtype=pl.String).new_from_index(0, len(rows)),
            pl.DataFrame(columns).to_struct("features"),
            pl.Series("output", output, dtype=pl.List(pl.Float64)),
        ]
    )


def segment_name(first: int, last: int, unique: str) -> str:
    """Name a segment by the times of its first and last record, in microseconds since 1970."""
    return f"{_spelled(first)}-{_spelled(last)}-{unique}.parquet"


def segments(folder: Path, start: datetime | None = None, end: datetime | None = None) -> Iterator[Path]:
    """List the segments with records from `start` until before `end`, by name; other files are passed over."""
    yield from (folder / name for name in covering((path.name for path in folder.glob("*.parquet")), start, end))


def covering(names: Iterable[str], start: datetime | None = None, end: datetime | None = None) -> Iterator[str]:
    """List the names of segments with records from `start` until before `end`, in order; others are passed over."""
    for name in sorted(names):
        if _NAME.fullmatch(name) is None:
            continue
        first, last = segment_times(name)
        if (end is None or first < end) and (start is None or last >= start):
            yield name


def segment_times(name: str) -> tuple[datetime, datetime]:
    """Give the times of the first and the last record of a segment; raises ValueError on another file's name."""
    first, last = name.split("-", 2)[:2]
    return datetime.strptime(first, _TIME).replace(tzinfo=UTC), datetime.strptime(last, _TIME).replace(tzinfo=UTC)


def _spelled(microseconds: int) -> str:
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest).strftime(_TIME)
