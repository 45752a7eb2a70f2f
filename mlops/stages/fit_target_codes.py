"""Categories as what the target was on average at their level: what is served, and what is learnt from.

A row that is served is given the average over all training rows of its level. A training row is given that over the
rows before it, in an order that is drawn: its own target is never in what it is told by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.blocks.column_group import BY_TARGET, TARGET_CODED
from mlops.bundle.recipe_items import Category
from mlops.bundle.table import Reader
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.ml.data import arrays
from mlops.ml.data.encoding import encode
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.ml.training.seeds import derive
from mlops.stages import weighing
from mlops.stages.tables import columns
from mlops.statistics.target_statistics import means, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.recipe_items import Target

FEWEST = 5
"""Rows of a level: what fewer have would tell their targets to whoever reads the bundle."""
LONG = 64
"""Levels that trees tell apart as sets of levels; a category of more, or of more than are kept, is a long one."""
_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What is averaged of the training rows: [n, 1], or a column for each of more than two classes [n, classes].

    Of two classes it is whether a row has the second; a number is told in deviations from its mean, which float32 holds
    however far from 0 it is.
    """

    values: NDArray[np.float64]
    labels: tuple[str, ...]
    weights: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, target: Target, train: pl.DataFrame, weight: str | None) -> Outcomes:
        """Read the target of the training rows, and what each counts."""
        y, by = encode(target, train), weighing.of(train, weight)
        if target.classes is None:
            mean = np.average(y, weights=by)
            spread = float(np.sqrt(np.average((y - mean) ** 2, weights=by))) or 1.0
            return cls(((y - mean) / spread)[:, None], ("",), by)
        if len(target.classes) == 2:
            return cls((y == 1).astype(np.float64)[:, None], ("",), by)
        return cls(np.eye(len(target.classes))[y], tuple(map(str, target.classes)), by)

    def categories(self, series: pl.Series) -> Iterator[Category]:
        """Learn what a column becomes: one category for each column of outcomes; levels of few rows are no level."""
        text = series.cast(pl.String)
        texts, ranked = arrays.texts(text), counted(text.drop_nulls())
        enough = ranked.filter(pl.col(ROWS) >= FEWEST).sort([ROWS, VALUE], descending=[True, False])
        levels = tuple(enough.get_column(VALUE).to_list())
        place = {level: at for at, level in enumerate(levels)}
        missing = len(levels)  # a level of its own, behind the others, where enough rows are so
        gap = missing if series.null_count() >= FEWEST else -1
        codes = np.array([*(place.get(value, -1) for value in texts.values), gap], dtype=np.int64)[texts.positions]
        for label, y in zip(self.labels, self.values.T, strict=True):
            found = means(codes, missing + 1, y, self.weights)
            prior = float(np.average(y, weights=self.weights))
            served = [*found[:-1].tolist(), prior, float(found[-1])]
            yield Category(
                column=series.name,
                encode="target",
                levels=levels,
                other=True,
                null=True,
                label=label,
                means=tuple(rounded(served, _DIGITS)),
            )


def learnt_from(recipe: Recipe, train: pl.DataFrame, weight: str | None, seed: int) -> dict[int, NDArray[np.float32]]:
    """Give, by their place in the model's input, the columns [n] by which training rows are told their levels.

    Raises:
        DataError: the target or the weight of a row is none.
    """
    places = _places(recipe)
    if not places:
        return {}
    outcomes = Outcomes.of(recipe.target, train, weight)
    by_label = dict(zip(outcomes.labels, outcomes.values.T, strict=True))
    codes = Reader(recipe).from_columns(columns(recipe, train)).codes
    found = {}
    for place, number in places.items():
        item = recipe.categories[number]
        code, missing = codes[:, number].copy(), len(item.levels) + 1
        few = (code == missing).sum() < FEWEST
        code[(code == len(item.levels)) | (few & (code == missing))] = -1
        order = np.random.Generator(np.random.PCG64(derive(seed, TARGET_CODED, item.column))).permutation(len(code))
        told = ordered(code, by_label[item.label], order, outcomes.weights)
        found[place] = told.astype(np.float32)
    return found


def refuse_folds(recipe: Recipe) -> None:
    """Refuse to share codes among folds: all rows' targets are in them, those of the fold that is judged too."""
    if _places(recipe):
        raise DataError(
            f"columns of `{TARGET_CODED}` know the targets of all rows, and a member of folds is judged on some",
            hint="split by `fractions`, or choose other `columns`",
        )


def _places(recipe: Recipe) -> dict[int, int]:
    """Say of each such column of the model's input which category of the recipe it is."""
    numbers = [number for number, item in enumerate(recipe.categories) if item.by_target]
    layout = [place for place, feature in enumerate(recipe.layout()) if feature.group in BY_TARGET]
    of = dict(zip(layout, numbers, strict=True))
    keep = range(len(recipe.layout())) if recipe.keep is None else recipe.keep
    return {at: of[place] for at, place in enumerate(keep) if place in of}
