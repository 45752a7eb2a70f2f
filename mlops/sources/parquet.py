"""Columns as Parquet."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.kinds.kind import of_function
from mlops.kinds.later import Later

if TYPE_CHECKING:
    import polars as pl

    from mlops.sources.source import Source
else:
    pl = Later("polars")


def read(_: Source, path: Path) -> pl.LazyFrame:
    """A Parquet file."""
    return pl.scan_parquet(path, glob=False)


def header(source: Source, path: Path, _: Collection[str]) -> tuple[str, ...]:
    """Give the names of its columns."""
    return tuple(read(source, path).collect_schema().names())


KIND = of_function("parquet", "ingest", read, also={"header": header})
