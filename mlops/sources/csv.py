"""Text of fields with a separator between."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.files import csv_header
from mlops.kinds.kind import of_function
from mlops.kinds.reference import load

if TYPE_CHECKING:
    import polars as pl

    from mlops.sources.source import Source


def read(source: Source, path: Path) -> pl.LazyFrame:
    """A text file of fields, plain or packed; separator and encoding are found by looking."""
    frame: pl.LazyFrame = load("mlops.ml.data.delimited:scan")(path, source.dialect, source.label)
    return frame


def header(source: Source, path: Path, wanted: Collection[str]) -> tuple[str, ...]:
    """Give the names of its columns; none where the first line does not tell them."""
    return csv_header.header(path, source.dialect, wanted) if source.header else ()


KIND = of_function("csv", "ingest", read, also={"header": header})
