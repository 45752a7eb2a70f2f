"""JSON, an object a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops.kinds.kind import of_function
from mlops.kinds.reference import load

if TYPE_CHECKING:
    import polars as pl

    from mlops.sources.source import Source


def read(source: Source, path: Path) -> pl.LazyFrame:
    """JSON lines, an object a row, plain or packed; or one array of objects. Keys of an object inside one are dotted.

    Raises DataError where a line is no object, or names a key twice.
    """
    frame: pl.LazyFrame = load("mlops.ml.data.json_lines:scan")(path, source.dialect, path.name)
    return frame


KIND = of_function("jsonl", "ingest", read)
