"""A folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops.kinds.kind import of_function
from mlops.kinds.reference import load

if TYPE_CHECKING:
    import polars as pl

    from mlops.sources.source import Source

COLUMNS = ("file", "label")


def read(source: Source, path: Path) -> pl.LazyFrame:
    """A folder with a folder of pictures for each class: a row for each, with its path as `file`, its class as `label`.

    Raises DataError where there are no such folders, or something else in them.
    """
    frame: pl.LazyFrame = load("mlops.ml.data.image_folder:scan")(path, source.label)
    return frame


KIND = of_function("image_folder", "ingest", read, folder=COLUMNS)
