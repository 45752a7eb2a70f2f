"""A partition, read in blocks: a Parquet file with the columns that its path names, and whether it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.errors import DataError
from mlops.files.system import refusal

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.bundle.predictor import Predictor
    from mlops.operations.scoring.places import Partition

_NUMBERS = 4_000_000  # of a block: what it holds of raw columns, or of the model's input
_FEWEST, _MOST = 1_024, 131_072  # rows of a block

_OTHERS = {".csv": "read_csv", ".json": "read_json", ".jsonl": "read_ndjson", ".ndjson": "read_ndjson"} | {
    ".arrow": "read_ipc",
    ".feather": "read_ipc",
    ".xlsx": "read_excel",
}
"""What reads other files, by how their names end."""


@dataclass(frozen=True)
class Stamp:
    """By what it shows that a file was written to, or replaced."""

    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Ask the file system."""
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def open_partition(shown: str, source: Path, partition: Partition, predictor: Predictor) -> pl.LazyFrame:
    """Open a file, with the columns that its path names, typed as the model reads them where they can be.

    Raises:
        DataError: it is no Parquet file.
    """
    frame = pl.scan_parquet(source, hive_partitioning=False, glob=False)
    try:
        here = frame.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        if refusal(error) is not None:
            raise
        raise unreadable(shown, error) from error
    types: dict[str, str] = {field.name: field.type for field in predictor.schema.fields}
    told = {name: value for name, value in partition.hive.items() if name not in here}
    return frame.with_columns(_literal(value, types.get(name, "string")).alias(name) for name, value in told.items())


def unreadable(shown: str, error: BaseException) -> DataError:
    """Say that a file is no Parquet, or a damaged one; of one whose name says what it is, how to make it one."""
    named = PurePosixPath(shown)
    if (reads := _OTHERS.get(named.suffix.lower())) is not None:
        made = named.with_suffix(".parquet").name
        cure = f"python3 -c \"import polars; polars.{reads}('{named.name}').write_parquet('{made}')\", then --in {made}"
        return DataError(f"{shown}: is no Parquet file", hint=cure)
    return DataError(f"{shown}: cannot be read as Parquet: {' '.join(str(error).split())[:200]}")


def blocks(shown: str, predictor: Predictor, frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Read some rows at a time, so many that neither they nor what the model reads of them is large.

    Raises:
        DataError: the file is damaged.
    """
    width = max(int(np.prod(predictor.transform.shape)), len(frame.collect_schema()), 1)
    rows = min(max(_NUMBERS // width, _FEWEST), _MOST)
    try:
        total = int(frame.select(pl.len()).collect().item())
        for start in range(0, total, rows):  # not `collect_batches`, which reads ahead as far as there is memory
            yield frame.slice(start, rows).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        if refusal(error) is not None:
            raise
        raise unreadable(shown, error) from error


def _literal(value: str | None, kind: str) -> pl.Expr:
    """Type a text of a path; what is no such number or day stays a text, for the reader of rows to take or refuse."""
    text = pl.Series([value], dtype=pl.String)
    if kind in ("int", "float"):
        typed = text.cast(pl.Int64 if kind == "int" else pl.Float64, strict=False)
    elif kind == "date":
        typed = text.str.to_date("%Y-%m-%d", strict=False)
    else:
        typed = text
    chosen = text if typed.null_count() else typed
    return pl.lit(chosen.item(), dtype=chosen.dtype)
