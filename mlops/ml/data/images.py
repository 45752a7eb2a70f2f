"""Columns of pictures: each file decoded once, where the snapshot is taken, and measured.

A snapshot holds pixels, so that its digest is of what the pictures show, not of where they lie.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.blocks.image_column import beside
from mlops.diagnostics import nearest
from mlops.errors import ConfigurationError, DataError, InfrastructureError
from mlops.extras import need
from mlops.files.dvc_cache import linked, own_bytes
from mlops.ml.data.checks import Check, failure
from mlops.pictures.decoding import Broken, Decoded, decode
from mlops.pictures.pixels import measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlops.blocks.image_column import ImageColumn

_NOTE = "mlops.images"
_SHOWN = 20


@dataclass(frozen=True)
class Read:
    """What reading a column of pictures came to: rows whose picture is broken and left out, of how many."""

    image: str
    broken: int
    rows: int

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        return f"{self.broken:,} of {self.rows:,} rows are left out, as their picture `{self.image}` cannot be read"

    def check(self) -> Check:
        """Give it as a check of the table, which warns of rows that are left out."""
        if not self.broken:
            return Check("images", self.image, "warn", 0, self.rows)
        return failure("images", self.image, self.sentence, severity="warn", failed=self.broken, total=self.rows)


def read(rows: pl.DataFrame, asked: Mapping[str, ImageColumn], folder: Path) -> tuple[pl.DataFrame, tuple[Read, ...]]:
    """Set columns of pixels, and of what is measured of them, beside the rows that have the paths of the pictures.

    Args:
        rows: the table, with a column of paths for each of `asked`.
        asked: what is asked of each column; `folder` of each is told.
        folder: `pipelines/<name>/`.

    Raises:
        DataError: pictures cannot be read, all of them named; a column is not there, or there already.
        ConfigurationError: a folder is not there, or leads outside the repository.
        MissingExtra: Pillow is not installed.
    """
    told, kept = [], pl.repeat(value=True, n=rows.height, dtype=pl.Boolean, eager=True)
    for name, image in asked.items():
        need("image", f"reading the pictures of `{name}`")
        _refuse_names(rows, name, image)
        found, faults = _decoded(rows[image.source], image, _placed(image, folder))
        if faults and image.broken == "refuse":
            raise _refused(name, image, faults, rows.height)
        sound = pl.Series([place not in faults for place in range(rows.height)], dtype=pl.Boolean)
        rows, kept = rows.with_columns(_columns(name, found)), kept & sound
        told.append(Read(name, len(faults), rows.height))
    if not kept.any():
        raise DataError("no row has a picture that can be read", hint="look at `data.images`")
    return rows.filter(kept), tuple(told)


def spelled(told: Sequence[Read]) -> dict[str, str]:
    """Spell what reading came to as a note on the table; nothing where there are no pictures."""
    return {_NOTE: json.dumps([asdict(each) for each in told])} if told else {}


def noted(path: Path) -> tuple[Read, ...]:
    """Read what reading pictures came to off the file of the table; nothing where there were none."""
    try:
        return tuple(Read(**each) for each in json.loads(pl.read_parquet_metadata(path).get(_NOTE, "[]")))
    except (OSError, ValueError, TypeError, pl.exceptions.PolarsError):
        return ()


def _refuse_names(rows: pl.DataFrame, name: str, image: ImageColumn) -> None:
    if image.source not in rows.columns:
        near = nearest(image.source, rows.columns)
        hint = f"did you mean `{near}`?" if near else f"columns: {', '.join(rows.columns[:20])}"
        raise DataError(f"`images.{name}` is from `{image.source}`, which is no column of the rows", hint=hint)
    if taken := [each for each in (name, *beside(name)) if each in rows.columns]:
        raise DataError(
            f"`images.{name}` makes a column `{taken[0]}`, which the rows have already", hint="call it otherwise"
        )


def _placed(image: ImageColumn, folder: Path) -> Path:
    """Find the folder of the pictures, inside the repository."""
    said = image.folder or "."
    path = folder / said
    if PurePosixPath(said).is_absolute() or not _within(path, folder.parent.parent):
        hint = "copy the pictures into the pipeline's folder and give their folder from there"
        raise ConfigurationError(f"the folder of pictures `{said}` leads outside the repository", hint=hint)
    if not path.is_dir():
        if path.with_name(f"{path.name}.dvc").exists():
            raise InfrastructureError(f"{said} is tracked by DVC but not here", hint=f"dvc pull {said}.dvc")
        raise ConfigurationError(f"there is no folder `{said}` in pipelines/{folder.name}", hint="check `folder`")
    return path


def _decoded(paths: pl.Series, image: ImageColumn, folder: Path) -> tuple[list[Decoded | None], dict[int, str]]:
    """Decode the picture of each row, None where it has no path; say by row what is wrong with those that cannot be."""
    found: list[Decoded | None] = []
    faults: dict[int, str] = {}
    for place, path in enumerate(paths.cast(pl.String).to_list()):
        try:
            data = None if path is None else _bytes(path, folder)
            found.append(None if data is None else decode(data, image.shape, image.resize, image.largest))
        except Broken as error:
            found.append(None)
            faults[place] = f"{path[:200]} {error}"
    return found, faults


def _bytes(path: str, folder: Path) -> bytes:
    """Read a file of the folder; raises Broken where it is not there, or not in there."""
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in path or "\0" in path:
        raise Broken("leads outside the folder of the pictures")
    file = folder / relative
    if not file.is_file():
        raise Broken("is not there")
    if file.is_symlink() and linked(file) is not None:
        own_bytes(file)
    elif not _within(file, folder):
        raise Broken("is a link that leads outside the folder of the pictures")
    return file.read_bytes()


def _within(path: Path, fence: Path) -> bool:
    here, there = os.path.realpath(fence), os.path.realpath(path)
    return there == here or there.startswith(here + os.sep)


def _refused(name: str, image: ImageColumn, faults: Mapping[int, str], rows: int) -> DataError:
    listed = [f"{image.folder}/{fault}" for fault in list(faults.values())[:_SHOWN]]
    more = [f"and {len(faults) - _SHOWN:,} more"] if len(faults) > _SHOWN else []
    said = "\n  ".join([f"{len(faults):,} of {rows:,} pictures of `{name}` cannot be read:", *listed, *more])
    hint = f"mend them, or leave their rows out: `images: {{{name}: {{broken: leave_out}}}}`"
    return DataError(said, hint=hint)


def _columns(name: str, found: Sequence[Decoded | None]) -> list[pl.Series]:
    """Make the column of pixels, and those of what is measured."""
    pixels = [None if each is None else each.pixels for each in found]
    measured = [(None, None) if each is None else _measured(each.pixels) for each in found]
    brightness, contrast, width, height = beside(name)
    return [
        pl.Series(name, pixels, dtype=pl.Binary),
        pl.Series(brightness, [each for each, _ in measured], dtype=pl.Float64),
        pl.Series(contrast, [each for _, each in measured], dtype=pl.Float64),
        pl.Series(width, [None if each is None else each.width for each in found], dtype=pl.Int64),
        pl.Series(height, [None if each is None else each.height for each in found], dtype=pl.Int64),
    ]


def _measured(pixels: bytes) -> tuple[float, float]:
    brightness, contrast = measure(np.frombuffer(pixels, dtype=np.uint8)[None, :])
    return float(brightness[0]), float(contrast[0])
