"""Columns as Arrow."""

from __future__ import annotations

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
    """An Arrow file or stream (Feather)."""
    with path.open("rb") as file:
        is_file = file.read(6) == b"ARROW1"
    return pl.scan_ipc(path) if is_file else pl.read_ipc_stream(path).lazy()


KIND = of_function("arrow", "ingest", read)
