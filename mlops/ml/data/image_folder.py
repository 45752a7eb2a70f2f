"""Pictures in folders that bear the name of their class, as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import DataError
from mlops.files.dvc_cache import linked
from mlops.files.picture_names import ENDINGS, is_picture
from mlops.ml.data.types import composed
from mlops.sources.image_folder import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path


_SHOWN = 5
_LEFT_BY_SYSTEMS = ("Thumbs.db", "desktop.ini")


def scan(folder: Path, label: str) -> pl.LazyFrame:
    """List pictures by path, each with the name of the folder that it lies in.

    Raises:
        DataError: it is no folder, has no pictures, or has something else, each named.
    """
    if not folder.is_dir():
        raise DataError(f"{label} is no folder", hint="give a folder that has a folder of pictures for each class")
    inside = _seen(folder)
    _refuse([path for path in inside if not path.is_dir()], label, "which lies in no folder of a class", folder)
    files = [file for name in inside for file in _seen(name)]
    _refuse([file for file in files if not _is_picture(file)], label, "which is no picture", folder)
    if not files:
        raise DataError(f"the folder {label} has no pictures", hint="put them into a folder for each class")
    names = [file.relative_to(folder).as_posix() for file in files]
    classes = pl.Series(COLUMNS[1], [file.parent.name for file in files], dtype=pl.String)
    return pl.LazyFrame([pl.Series(COLUMNS[0], names, dtype=pl.String), composed(classes)])


def _seen(folder: Path) -> list[Path]:
    """List what is in a folder by name, but for what systems leave there."""
    return sorted(
        (path for path in folder.iterdir() if not path.name.startswith(".") and path.name not in _LEFT_BY_SYSTEMS),
        key=lambda path: path.name,
    )


def _is_picture(path: Path) -> bool:
    plain = path.is_file() and (not path.is_symlink() or linked(path) is not None)
    return plain and is_picture(path)


def _refuse(foreign: list[Path], label: str, why: str, folder: Path) -> None:
    if not foreign:
        return
    named = ", ".join(path.relative_to(folder).as_posix() for path in foreign[:_SHOWN])
    more = f" and {len(foreign) - _SHOWN:,} more" if len(foreign) > _SHOWN else ""
    raise DataError(
        f"the folder {label} has {named}{more}, {why}",
        hint=f"keep a folder for each class there, and in it files that end with {', '.join(ENDINGS)}",
    )
