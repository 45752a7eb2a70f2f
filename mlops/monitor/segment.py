"""One segment of a prediction log as a table, whichever release wrote it."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import TYPE_CHECKING, Any

import polars as pl

from mlops.bundle.prediction_log import EARLIER, VERSION
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("prediction_id", "at", "bundle", "features", "output")
_TYPES: dict[str, pl.DataType] = {"int": pl.Int64(), "float": pl.Float64(), "bool": pl.Boolean()}
_LARGEST = 1 << 30  # bytes that a segment may unfold to; a server writes thousands of records, not millions
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
    """Read a segment: `prediction_id`, `at` (UTC), `bundle`, `features` (a struct) and `output` (a list).

    Raises:
        IntegrityError: it is none, or not whole.
    """
    try:
        if path.name.endswith(EARLIER):
            return pl.read_parquet(path, columns=list(COLUMNS))
        with gzip.open(path) as file:
            head, lines = json.loads(file.readline(_LARGEST)), file.read(_LARGEST + 1)
        return _table(head, lines)
    except _UNREADABLE as error:
        raise IntegrityError(
            f"{path.name} is no segment of a prediction log", hint="move it away; its records are lost"
        ) from error


def _table(head: dict[str, Any], lines: bytes) -> pl.DataFrame:
    if head["schema_version"] != VERSION or len(lines) > _LARGEST:
        raise ValueError("another form, or too large")
    fields = {name: _TYPES.get(kind, pl.String()) for name, kind in head["fields"].items()}
    frame = pl.read_ndjson(
        io.BytesIO(lines),
        schema={
            "prediction_id": pl.String,
            "at": pl.Int64,
            "features": pl.Struct(fields),
            "output": pl.List(pl.Float64),
        },
    )
    if frame.height != head["records"]:
        raise ValueError("other records than its head promises")
    return frame.select(
        "prediction_id",
        pl.col("at").cast(pl.Datetime("us", "UTC")),
        pl.lit(head["bundle"], dtype=pl.String).alias("bundle"),
        "features",
        "output",
    )
