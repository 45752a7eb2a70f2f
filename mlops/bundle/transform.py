"""Raw columns to the model's input: the same code in training, evaluation and serving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import NUMBERS
from mlops.bundle.recipe import Recipe
from mlops.bundle.table import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.bundle.recipe_items import Category, Pixels
    from mlops.bundle.table import Columns, Row, Table
    from mlops.pictures.pixels import Pictures

_LARGEST = float(np.finfo(np.float32).max)


class Transform:
    """Applies a fitted recipe; it never learns anything itself."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.layout = recipe.layout()
        keep = range(len(self.layout)) if recipe.keep is None else recipe.keep
        self._keep = np.array(keep, dtype=np.int64)
        self.features = tuple(self.layout[index].name for index in keep)
        self.shape = recipe.shape or (len(self._keep),)
        self._reader = Reader(recipe)
        learnt = [[np.nan if n.fill is None else n.fill, n.shift, n.scale] for n in recipe.numbers]
        self._numbers = np.array(learnt).reshape(-1, 3).T.copy()
        self._filled = sum(n.fill is not None for n in recipe.numbers)
        self._indicators = np.array([i for i, item in enumerate(recipe.numbers) if item.indicator], dtype=np.int64)
        self._start = self._filled + len(self._indicators)
        first = next((place for place, item in enumerate(self.layout) if item.group == NUMBERS), len(self.layout))
        self._as_they_are = slice(first, first + len(recipe.numbers) - self._filled)
        self._base, self._position, self._value = _codebook(recipe.categories, self._start, len(self.layout))
        # pictures stand last, texts before them, one after the other
        self._first = len(self.layout) - sum(item.count for item in recipe.pictures)
        widths = [2 * item.length for item in recipe.texts]
        self._places = [self._first - sum(widths[place:]) for place in range(len(widths))]
        self._bright = [_brightness(item) for item in recipe.pictures]

    @classmethod
    def read(cls, path: Path) -> Transform:
        """Read a `transform.json`; raises IntegrityError when it is not one."""
        return cls(Recipe.parse(path.read_bytes(), path.name))

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Transform:
        """Take a recipe as the JSON value that `mlops.ml.data.fit_transform` returns."""
        return cls(Recipe.model_validate(document))

    def apply(self, columns: Columns) -> NDArray[np.float32]:
        """Transform columns to float32 [n, *shape]."""
        return self._assemble(self._reader.from_columns(columns))

    def apply_rows(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Transform rows that the request schema has accepted, bit for bit as `apply` would."""
        return self._assemble(self._reader.from_rows(rows))

    def outside(self, rows: Sequence[Row]) -> list[int]:
        """List the positions of rows, which the schema has accepted, that `where` is not true of."""
        return self._reader.outside(rows)

    def _assemble(self, table: Table) -> NDArray[np.float32]:
        rows, width = len(table.numbers), len(self.layout)
        out = np.zeros((rows, width + 1), dtype=np.float32)  # the last column swallows levels that have no feature
        fill, shift, scale = self._numbers
        missing = ~np.isfinite(table.numbers)
        with np.errstate(over="ignore"):
            values = (np.where(missing, fill, table.numbers) - shift) / scale
        values = np.clip(values, -_LARGEST, _LARGEST)
        out[:, : self._filled] = values[:, : self._filled]
        out[:, self._filled : self._start] = missing[:, self._indicators]
        out[:, self._as_they_are] = values[:, self._filled :]
        if len(self._base):
            codes = table.codes + self._base
            out[np.arange(rows)[:, None], self._position[codes]] = self._value[codes]
        for item, texts, first in zip(self.recipe.texts, table.texts, self._places, strict=True):
            out[:, first : first + 2 * item.length] = item.encoded(texts)
        self._draw(table.pictures, out)
        return np.take(out, self._keep, axis=1).reshape(rows, *self.shape)

    def _draw(self, pictures: Sequence[Pictures], out: NDArray[np.float32]) -> None:
        """Set the pixels into their columns; each of 256 values was computed once."""
        at = self._first
        for bright, found in zip(self._bright, pictures, strict=True):
            for values, channel in zip(bright, np.split(found.pixels, len(bright), axis=1), strict=True):
                place = out[:, at : at + channel.shape[1]]
                place[:] = values[channel]
                place[~found.known] = 0
                at += channel.shape[1]


def _codebook(
    categories: Sequence[Category], start: int, nowhere: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Say for each category where its codes begin, and for each code the column it sets and to what."""
    base: list[int] = []
    position: list[int] = []
    value: list[float] = []
    for item in categories:
        base.append(len(position))
        levels = len(item.levels)
        if item.encode != "one_hot":
            position += [start] * (levels + 2)
            value += _values(item)
            start += 1
            continue
        other = start + levels if item.other else nowhere
        null = start + levels + item.other if item.null else nowhere
        position += [*range(start, start + levels), other, null]
        value += [1.0] * (levels + 2)
        start += levels + item.other + item.null
    return np.array(base, dtype=np.int64), np.array(position, dtype=np.int64), np.array(value, dtype=np.float32)


def _brightness(item: Pixels) -> NDArray[np.float32]:
    """Say by channel what each of the 256 values of a pixel becomes."""
    shift, spread = (np.array(each, dtype=np.float64)[:, None] for each in (item.shift, item.spread))
    with np.errstate(over="ignore"):
        return np.clip((np.arange(256) / item.scale - shift) / spread, -_LARGEST, _LARGEST).astype(np.float32)


def _values(item: Category) -> list[float]:
    """Give what levels become, what is none of them, and a missing value."""
    levels = len(item.levels)
    if item.encode == "target":
        return list(item.means)
    if item.encode == "ordinal":
        return [*map(float, range(levels + 1)), -1.0]
    return [*(float(level + 2) for level in range(levels)), 0.0, 1.0]
