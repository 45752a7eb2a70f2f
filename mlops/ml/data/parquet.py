"""Parquet with the same bytes for the same rows, whatever the machine's number of cores."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import polars as pl

from mlops.blocks.column_name import ROW
from mlops.errors import DataError
from mlops.files.atomic import writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ROW", "read", "write", "write_again"]

_ROW_GROUP = 131_072
_SCHEMA = "ARROW:schema"


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


def write_again(
    frame: pl.DataFrame, path: Path, notes: Mapping[str, str], like: Path, before: pl.DataFrame | None
) -> None:
    """Write rows; where they are those that were read of another file of ours, that file is copied.

    Its bytes are those that `write` would write, for a fraction of the time. `before` are the rows of the file `like`,
    as far as somebody still has them.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> rows = pl.DataFrame({ROW: [0, 1], "x": [0.5, None]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     raw, valid, again = (Path(folder) / name for name in ("raw", "valid", "again"))
        ...     write(rows, raw)
        ...     write_again(rows, valid, {}, raw, read(raw))
        ...     write(rows, again)
        ...     valid.read_bytes() == again.read_bytes()
        True
    """
    if before is None or frame.schema != before.schema or _notes(like) != notes or not frame.equals(before):
        write(frame, path, notes)
        return
    with writing(path) as temporary:
        shutil.copyfile(like, temporary)


def _notes(path: Path) -> dict[str, str]:
    """Read what stands in a file beside its rows, but for what Polars writes there."""
    return {name: text for name, text in pl.read_parquet_metadata(path).items() if name != _SCHEMA}


def read(path: Path) -> pl.DataFrame:
    """Read the rows that an earlier stage wrote; raises DataError where there are none."""
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        place = f"{path.parent.name}/{path.name}"
        raise DataError(
            f"{place} is not there or cannot be read", hint="dvc repro runs the stage that writes it"
        ) from error
