"""One segment of a prediction log as a table, whichever release wrote it."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from mlops.bundle.prediction_log import EARLIER
from mlops.bundle.refusal import REASONS
from mlops.documents.prediction_log import SegmentHead
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.bundle.refusal import Cause

COLUMNS = ("prediction_id", "at", "bundle", "features", "output")  # of an earlier segment: clients had no say
CLIENT = "client_id"
_TYPES: dict[str, pl.DataType] = {"int": pl.Int64(), "float": pl.Float64(), "bool": pl.Boolean()}
_LARGEST = 1 << 30  # bytes that a segment may unfold to; a server writes thousands of records, not millions
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE = (
    pl.exceptions.PolarsError,
    OSError,
    EOFError,
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)


def read_segment(path: Path) -> pl.DataFrame:
    """Read a segment: `prediction_id`, `client_id`, `at` (UTC), `bundle`, `features` (a struct), `output` (a list).

    Raises:
        IntegrityError: it is none, or not whole.
    """
    try:
        if path.name.endswith(EARLIER):
            earlier = pl.read_parquet(path, columns=list(COLUMNS))
            return earlier.with_columns(pl.lit(None, dtype=pl.String).alias(CLIENT)).select(*COLUMNS, CLIENT)
        with gzip.open(path) as file:
            head, lines = SegmentHead.parse(file.readline(_LARGEST)), file.read(_LARGEST + 1)
        return _table(head, lines)
    except _UNREADABLE as error:
        raise _no_segment(path) from error


def read_times(path: Path, bundle: str) -> pl.DataFrame:
    """Read the times alone of a bundle's records in a segment: `prediction_id` and `at` (UTC).

    Raises:
        IntegrityError: it is none, or not whole.
    """
    return read_segment(path).filter(pl.col("bundle") == bundle).select("prediction_id", "at")


def read_refusals(path: Path, start: datetime, end: datetime, bundle: str) -> Counter[Cause]:
    """Count what servers of a bundle refused from `start` until before `end`, as a segment's head says.

    Raises:
        IntegrityError: it says it in another way.
    """
    if path.name.endswith(EARLIER):
        return Counter()
    try:
        with gzip.open(path) as file:
            head = SegmentHead.parse(file.readline(_LARGEST))
        if head.bundle != bundle:
            return Counter()
        return _refusals(head, _microseconds(start), _microseconds(end))
    except _UNREADABLE as error:
        raise _no_segment(path) from error


def _refusals(head: SegmentHead, start: int, end: int) -> Counter[Cause]:
    found: Counter[Cause] = Counter()
    for minute, column, reason, rows in head.refused:
        if reason not in REASONS:
            raise ValueError("no count of refused rows")
        if start <= minute < end:
            found[(column, reason)] += rows
    return found


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _no_segment(path: Path) -> IntegrityError:
    return IntegrityError(f"{path.name} is no segment of a prediction log", hint="move it away; its records are lost")


def _table(head: SegmentHead, lines: bytes) -> pl.DataFrame:
    if len(lines) > _LARGEST:
        raise ValueError("too large")
    fields = {name: _TYPES.get(kind, pl.String()) for name, kind in head.fields.items()}
    features, texts = pl.col("features"), [name for name, kind in fields.items() if kind == pl.String]
    frame = pl.read_ndjson(
        io.BytesIO(lines),
        schema={
            "prediction_id": pl.String,
            "at": pl.Int64,
            "features": pl.Struct(fields),
            "output": pl.List(pl.Float64),
            CLIENT: pl.String,
        },
    )
    if frame.height != head.records:
        raise ValueError("other records than its head promises")
    return frame.select(
        "prediction_id",
        pl.col("at").cast(pl.Datetime("us", "UTC")),
        pl.lit(head.bundle, dtype=pl.String).alias("bundle"),
        # the server looks levels up composed, as training read them
        features.struct.with_fields(pl.field(name).str.normalize("NFC") for name in texts) if texts else features,
        "output",
        CLIENT,
    )
