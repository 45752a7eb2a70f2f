"""Parquet with the same bytes for the same rows, whatever the machine's number of cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from mlops.blocks.column_name import ROW
from mlops.errors import DataError
from mlops.files.atomic import writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ROW", "read", "write"]

_ROW_GROUP = 131_072


def write(frame: pl.DataFrame | pl.LazyFrame, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write rows in their order, streaming where the frame is lazy; the file appears whole or not at all.

    What `notes` say of them stands in the file too.
    """
    with writing(path) as temporary:
        frame.lazy().sink_parquet(
            temporary,
            compression="zstd",
            statistics=True,
            row_group_size=_ROW_GROUP,
            maintain_order=True,
            metadata=dict(notes) if notes else None,
        )


def read(path: Path) -> pl.DataFrame:
    """Read the rows that an earlier stage wrote; raises DataError where there are none."""
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        place = f"{path.parent.name}/{path.name}"
        raise DataError(
            f"{place} is not there or cannot be read", hint="dvc repro runs the stage that writes it"
        ) from error
