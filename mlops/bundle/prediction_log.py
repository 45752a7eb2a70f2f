"""The prediction log: what a server writes down of its answers and the monitor reads back.

A folder of segments, each written once and renamed into place. A segment's name says the times of its first and last
record, so that a reader opens only those it needs. A segment is gzipped JSON lines: a head with the digest of the
bundle, the types of the request's fields and the number of records, then a record a line: `prediction_id`, `at`
(microseconds since 1970), `features` (the request's fields; dates as text), `output` (a score, or one per class),
`keys`, where the row had columns of the file that name it, and `client_id`, where the client sent one. Rows that were
refused are only counted: `refused` of the head, where there were any, is a list of `[minute, column, reason, rows]`,
the minute as microseconds since 1970, column and reason as `refusal` defines them. Segments of earlier releases are
Parquet with the same columns (`at` is a time, `bundle` a column).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.image_column import measures
from mlops.bundle.recipe_items import IMAGE
from mlops.documents.prediction_log import SegmentHead
from mlops.pictures.pixels import digest, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mlops.bundle.schema import RequestSchema
    from mlops.bundle.table import Row

Refused = tuple[int, str, str]
"""A minute (microseconds since 1970), a column and a reason."""
Clients = Sequence[str | None] | None
"""What a client calls each of some rows; None where it calls none of them anything."""
MINUTE = 60_000_000  # microseconds
SUFFIX, EARLIER = ".jsonl.gz", ".parquet"
_TIME = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"(\d{8}T\d{12}Z)-(\d{8}T\d{12}Z)-[0-9a-z-]+\.(jsonl\.gz|parquet)")
# JSON knows one kind of number: a request may say 3.0 for 3, or 3 for 3.0
_PLAIN: dict[str, Callable[[Any], Any]] = {"int": int, "float": float}
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


class Spelling:
    """Spells the records of one bundle as lines of a segment."""

    def __init__(self, schema: RequestSchema, bundle: str) -> None:
        self._fields = {field.name: field.type for field in schema.fields}
        self._bundle, self._keys = bundle, frozenset(schema.keys)
        self._convert = [(name, _PLAIN[kind]) for name, kind in self._fields.items() if kind in _PLAIN]
        self._pictures = [name for name, kind in self._fields.items() if kind == IMAGE]
        self._logged = self._fields | {measure: "float" for name in self._pictures for measure in measures(name)}

    def head(self, records: int, refused: Mapping[Refused, int] | None = None) -> bytes:
        """Spell the first line of a segment."""
        counted = {"refused": tuple((*key, rows) for key, rows in sorted(refused.items()))} if refused else {}
        head = SegmentHead(bundle=self._bundle, fields=self._logged, records=records, **counted)
        return f"{_ENCODER.encode(head.value())}\n".encode("ascii")

    def records(
        self,
        identity: str,
        at: int,
        rows: Sequence[Row],
        scores: Sequence[Any],
        numbers: Sequence[int] | None = None,
        clients: Clients = None,
    ) -> bytes:
        """Spell a line for each row of a request, as its schema accepted it; `at` is microseconds since 1970.

        `numbers` are the rows' positions in the request; where they are not given, these are all of its rows.
        `clients` is what the client calls them.
        """
        lines = []
        for index, (row, output) in enumerate(zip(rows, scores, strict=True)):
            number = index if numbers is None else numbers[index]
            record = {"prediction_id": f"{identity}-{number}", "at": at, "features": self._row(row), "output": output}
            if keys := {name: row[name] for name in self._keys.intersection(row)}:
                record["keys"] = dict(sorted(keys.items()))
            if clients is not None and (client := clients[index]) is not None:
                record["client_id"] = client
            lines.append(_ENCODER.encode(record) + "\n")
        return "".join(lines).encode("ascii")

    def _row(self, row: Row) -> Row:
        changed = {
            name: kind(value)
            for name, kind in self._convert
            if (value := row[name]) is not None and type(value) is not kind
        }
        for name in self._pictures:
            changed |= _told(name, row[name])
        if not self._keys.isdisjoint(row):
            row = {name: value for name, value in row.items() if name not in self._keys}
        return {**row, **changed} if changed else row


def _told(name: str, picture: bytes | None) -> dict[str, Any]:
    """Say of a picture what the log keeps: the digest of its pixels and what is measured of them, never the picture."""
    if picture is None:
        return {name: None, **dict.fromkeys(measures(name))}
    found = measure(np.frombuffer(picture, dtype=np.uint8)[None, :])
    return {name: digest(picture), **{each: float(value[0]) for each, value in zip(measures(name), found, strict=True)}}


def segment_name(first: int, last: int, unique: str) -> str:
    """Name a segment by the times of its first and last record, in microseconds since 1970."""
    return f"{_spelled(first)}-{_spelled(last)}-{unique}{SUFFIX}"


def segments(folder: Path, start: datetime | None = None, end: datetime | None = None) -> Iterator[Path]:
    """List the segments with records from `start` until before `end`, by name; other files are passed over."""
    yield from (folder / name for name in covering((path.name for path in folder.glob("*")), start, end))


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
