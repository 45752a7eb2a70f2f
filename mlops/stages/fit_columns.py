"""Learns from the training rows what a column becomes: numbers, levels, tokens, pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.blocks.column_group import CODES, LONG_TARGET_CODED, NUMBERS, TARGET_CODED, reads
from mlops.blocks.column_group import TEXT as WORDS
from mlops.bundle.recipe_items import DATED, IMAGE, TEXT, Category, Number, Pixels
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.ml.data import arrays
from mlops.ml.data.moments import in_utc
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.pictures.pixels import Pictures
from mlops.stages import fit_text
from mlops.stages.fit_target_codes import LONG
from mlops.transforms import IMPUTATIONS, SCALINGS, features

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.recipe_items import Part
    from mlops.bundle.text import Text
    from mlops.documents.table import ColumnSchema
    from mlops.stages.fit_options import Options
    from mlops.stages.fit_target_codes import Outcomes

_DIGITS = 12  # statistics are kept to this many, so that another processor's last bit does not change the bundle
_PICTURES = 2_000
"""Added up at once."""
_BLUR = 1e-5  # of the range: rounded to float32 by more than that, neighbouring numbers may be one


@dataclass
class Learnt:
    """What every column becomes, as far as is known."""

    options: Options
    outcomes: Outcomes | None = None
    """The target of the training rows, where somebody reads categories by it."""
    numbers: list[Number] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    by_target: list[Category] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    pictures: list[Pixels] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, series: pl.Series, column: ColumnSchema) -> None:
        """Learn what a column becomes; one without any value becomes nothing but a note."""
        if series.null_count() == len(series):
            self.notes.append(f"`{column.name}` has no value in training: dropped")
        elif column.type == "text":
            self._add_text(series)
        elif column.type == IMAGE:
            self.pictures += _pictured(series, column, self.options)
        elif column.type in TEXT:
            self.categories.append(_category(series, self.options.categorical))
            self._add_by_target(series)
        elif column.type in DATED:
            self._add_parts(series, column.type)
        else:
            self.numbers += _numbers(series.name, None, finite(series), self.options)

    def _add_by_target(self, series: pl.Series) -> None:
        """Learn a category by the target, where somebody reads all of them so, or long ones, and it is one."""
        if self.outcomes is None:
            return
        whole, long = (reads(self.options.groups, group) for group in (TARGET_CODED, LONG_TARGET_CODED))
        code = self.categories[-1]
        long = long and (code.other or len(code.levels) > LONG)
        found = list(self.outcomes.categories(series)) if whole or long else []
        self.by_target += found if whole else []
        self.by_target += [item.model_copy(update={"encode": "long_target"}) for item in found] if long else []

    def _add_text(self, series: pl.Series) -> None:
        if not reads(self.options.groups, f"{WORDS}:{series.name}"):
            self.notes.append(f"no candidate reads the sentences of `{series.name}`: left out")
            return
        words = arrays.texts(series.cast(pl.String))
        text, note = fit_text.fit(series.name, words, self.options.text or features.Text())
        self.texts.append(text)
        self.notes += [note] if note else []

    def _add_parts(self, series: pl.Series, kind: str) -> None:
        moments = series.cast(pl.Datetime("us")) if kind == "date" else in_utc(series)
        for part in self.options.datetime.parts:
            self.numbers += _numbers(series.name, part, finite(getattr(moments.dt, part)()), self.options)

    def of(self, draft: Recipe) -> Recipe:
        """Put all of it into a recipe."""
        numbers = sorted(self.numbers, key=lambda item: (item.fill is None, item.part is not None))
        coded = self.categories if reads(self.options.groups, CODES) else []
        categories = [*self.categories, *(item.model_copy(update={"encode": "codes"}) for item in coded)]
        categories += self.by_target
        if self.notes and not (numbers or categories or self.texts or self.pictures):
            hint = "bring other columns, or a candidate that reads these: linear, mlp"
            raise DataError("; ".join(self.notes), hint=hint)
        parts = {"texts": self.texts, "pictures": self.pictures, "notes": self.notes}
        return draft.changed(numbers=numbers, categories=categories, **parts)


def _numbers(name: str, part: Part | None, values: NDArray[np.float64], options: Options) -> Iterator[Number]:
    """Learn what becomes of a number: imputed and scaled, and beside it as it is where somebody reads that."""
    yield _scaled(name, part, values, options.numeric)
    if reads(options.groups, NUMBERS):
        shift = rounded({"shift": _apart(values[~np.isnan(values)])}, _DIGITS)
        yield Number(column=name, part=part, fill=None, scale=1.0, **shift)


def _apart(known: NDArray[np.float64]) -> float:
    """Give what to take off numbers so far from 0 that single precision takes neighbours for the same; 0 of others."""
    if not len(known):
        return 0.0
    low, high = float(known.min()), float(known.max())
    with np.errstate(over="ignore"):
        off = float(np.abs(known.astype(np.float32) - known).max())
    middle = low / 2 + high / 2
    return middle if math.isfinite(off) and off > _BLUR * (high - low) and abs(middle) > high - low else 0.0


def _pictured(series: pl.Series, column: ColumnSchema, options: Options) -> Iterator[Pixels]:
    """Learn what becomes of pictures beside other columns, where somebody reads them."""
    found = pixels(series, column, options.images.get(column.name, features.Pixels()))
    if reads(options.groups, found.group):
        yield found


def pixels(series: pl.Series, column: ColumnSchema, asked: features.Pixels) -> Pixels:
    """Learn the mean and the deviation of each channel from whole numbers, which any order adds up alike."""
    channels, height, width = shape = tuple((column.picture or {})["shape"])
    shift, spread = [0.0] * channels, [1.0] * channels
    present = series.drop_nulls()
    if asked.standardise and len(present):
        total = np.zeros((channels, 2), dtype=np.int64)
        for start in range(0, len(present), _PICTURES):
            block = Pictures.of(present.slice(start, _PICTURES).to_list(), math.prod(shape)).pixels.astype(np.int64)
            by_channel = block.reshape(len(block), channels, height * width)
            total += np.stack([by_channel.sum(axis=(0, 2)), np.square(by_channel).sum(axis=(0, 2))], axis=1)
        count = len(present) * height * width
        moments = [(int(one), int(two)) for one, two in total]
        shift = [one / count / asked.scale for one, _ in moments]
        spread = [math.sqrt(count * two - one * one) / count / asked.scale or 1.0 for one, two in moments]
    return Pixels(
        column=column.name,
        shape=shape,
        scale=asked.scale,
        shift=rounded(shift, _DIGITS),
        spread=rounded(spread, _DIGITS),
    )


def finite(series: pl.Series) -> NDArray[np.float64]:
    """Give numbers [n], NaN for what is missing or infinite."""
    values: NDArray[np.float64] = series.cast(pl.Float64).to_numpy()
    known = np.isfinite(values)
    return values if known.all() else np.where(known, values, np.nan)


def _scaled(name: str, part: Part | None, values: NDArray[np.float64], options: features.Numeric) -> Number:
    missing = np.isnan(values)
    gaps = bool(missing.any())
    known = values[~missing] if gaps else values
    if not len(known):
        return number(name, part, 0.0, 0.0, 1.0, indicator=False)
    fill = IMPUTATIONS[options.impute](known)
    shift, scale = _scaling(np.where(missing, fill, values) if gaps else values, options.scale)
    indicator = options.indicator and part is None and gaps
    return number(name, part, fill, shift, scale, indicator=indicator)


def _scaling(values: NDArray[np.float64], how: str) -> tuple[float, float]:
    if values.min() == values.max():
        return 0.0, 1.0
    found: tuple[float, float] = SCALINGS[how](values)
    return found


def number(name: str, part: Part | None, fill: float, shift: float, scale: float, *, indicator: bool) -> Number:
    """Make what becomes of a number, of statistics that another processor's last bit does not change."""
    usable = math.isfinite(scale) and scale > 0
    numbers = rounded({"fill": fill, "shift": shift, "scale": scale if usable else 1.0}, _DIGITS)
    return Number(column=name, part=part, indicator=indicator, **numbers)


def _category(series: pl.Series, options: features.Categorical) -> Category:
    text = series.cast(pl.String)
    ranked = counted(text.drop_nulls()).sort([ROWS, VALUE], descending=[True, False]).get_column(VALUE).to_list()
    levels = ranked[: options.at_most]
    return Category(
        column=series.name,
        encode=options.encode,
        levels=tuple(sorted(levels) if options.encode == "ordinal" else levels),
        other=len(ranked) > len(levels),
        null=text.null_count() > 0,
    )
