"""Raw columns to the model's input: the same code in training, evaluation and serving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import NUMBERS
from mlops.bundle.recipe import Recipe
from mlops.bundle.table import Reader, Table, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.bundle.recipe_items import Category, Pixels
    from mlops.bundle.table import Columns, Row
    from mlops.pictures.pixels import Pictures

_LARGEST = float(np.finfo(np.float32).max)
_TAME = 1e15
_AT_ONCE = 1_000  # rows: what is made of so many stays in the processor's cache; a power of two would fill a part of it


class Transform:
    """Applies a fitted recipe; it never learns anything itself."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.layout = recipe.layout()
        keep = range(len(self.layout)) if recipe.keep is None else recipe.keep
        self.keep = np.array(keep, dtype=np.int64)
        self.features = tuple(self.layout[index].name for index in keep)
        self.shape = recipe.shape or (len(self.keep),)
        self.reader = Reader(recipe)
        learnt = [[np.nan if n.fill is None else n.fill, n.shift, n.scale] for n in recipe.numbers]
        self._fill, self.shift, self.scale = np.array(learnt).reshape(-1, 3).T.copy()
        # of numbers below 2**63 nothing can come that single precision does not hold
        self.tame = bool((np.abs(self.shift) < _TAME).all() and (self.scale > 1 / _TAME).all())
        self.filled = sum(n.fill is not None for n in recipe.numbers)
        self._indicators = np.array([i for i, item in enumerate(recipe.numbers) if item.indicator], dtype=np.int64)
        self._start = self.filled + len(self._indicators)
        first = next((place for place, item in enumerate(self.layout) if item.group == NUMBERS), len(self.layout))
        self.as_they_are = slice(first, first + len(recipe.numbers) - self.filled)
        self.codebook = _codebook(recipe.categories, self._start, len(self.layout))
        # all of the layout is the model's input, and every level has a feature: nothing is left out at the end
        self._whole = list(keep) == list(range(len(self.layout))) and len(self.layout) not in self.codebook[1]
        # what every level sets its feature to, where that is one number
        levels = self.codebook[2]
        self._set = levels[0] if len(levels) and (levels == levels[0]).all() else None
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
        return self.assemble(self.reader.from_columns(columns))

    def apply_rows(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Transform rows that the request schema has accepted, bit for bit as `apply` would."""
        return self.assemble(self.reader.from_rows(rows))

    def outside(self, rows: Sequence[Row]) -> list[int]:
        """List the positions of rows, which the schema has accepted, that `where` is not true of."""
        return self.reader.outside(rows)

    def assemble(self, table: Table, *, small: bool = False) -> NDArray[np.float32]:
        """Transform what was read of rows to float32 [n, *shape]; `small` says that no number is beyond 2**63."""
        rows = len(table.numbers)
        into = np.empty((rows, len(self.keep)), dtype=np.float32)
        self.assemble_into(table, into, small=small)
        return into.reshape(rows, *self.shape)

    def assemble_into(self, table: Table, into: NDArray[np.float32], *, small: bool = False) -> None:
        """Transform into an array of `assemble`'s shape, which is contiguous."""
        rows = len(table.numbers)
        flat = into.reshape(rows, len(self.keep))
        if rows <= _AT_ONCE or table.texts or table.pictures:
            self._assemble(table, flat, small=small)
            return
        for start in range(0, rows, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            self._assemble(Table(table.numbers[some], table.codes[some]), flat[some], small=small)

    def _assemble(self, table: Table, into: NDArray[np.float32], *, small: bool) -> None:
        rows = len(table.numbers)
        width = len(self.layout) + (not self._whole)  # the last column swallows levels that have no feature
        out = into if self._whole else np.empty((rows, width), dtype=np.float32)
        out.fill(0)
        finite = np.isfinite(table.numbers)
        whole = finite.all()
        values = self._scaled(table.numbers if whole else np.where(finite, table.numbers, self._fill), small=small)
        out[:, : self.filled] = values[:, : self.filled]
        if not whole:
            out[:, self.filled : self._start] = ~finite[:, self._indicators]
        out[:, self.as_they_are] = values[:, self.filled :]
        base, position, value = self.codebook
        if len(base):
            codes = table.codes + base
            places = position.take(codes)
            if rows > 1:
                places += np.arange(0, rows * width, width)[:, None]
            out.reshape(-1)[places] = self._set if self._set is not None else value.take(codes)
        for item, texts, first in zip(self.recipe.texts, table.texts, self._places, strict=True):
            out[:, first : first + 2 * item.length] = item.encoded(texts)
        self._draw(table.pictures, out)
        if not self._whole:
            np.take(out, self.keep, axis=1, out=into, mode="clip")  # which needs no buffer

    def _scaled(self, numbers: NDArray[np.float64], *, small: bool) -> NDArray[np.float64]:
        values: NDArray[np.float64]
        if small and self.tame:
            values = numbers - self.shift
            values /= self.scale
            return values
        with np.errstate(over="ignore"):
            if self.tame and within(numbers):
                return self._scaled(numbers, small=True)
            values = np.clip((numbers - self.shift) / self.scale, -_LARGEST, _LARGEST)
        return values

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
    if item.by_target:
        return list(item.means)
    if item.encode == "ordinal":
        return [*map(float, range(levels + 1)), -1.0]
    return [*(float(level + 2) for level in range(levels)), 0.0, 1.0]
