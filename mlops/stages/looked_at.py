"""Where in pictures a model looks: the sizes of shares by place, and the mean picture that they are drawn over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.explanations import PictureShares
from mlops.pictures.pixels import Pictures

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.recipe_items import Pixels

_CELLS = 32
"""Cells of a side at most."""
_LEAST = 20
"""Pictures that a mean one is made of, so that nobody's can be told from it."""
_AT_ONCE = 2_000


def looked_at(recipe: Recipe, train: pl.DataFrame, shares: NDArray[np.floating[Any]]) -> tuple[PictureShares, ...]:
    """Say it of each column of pictures; `shares` [n, features] are of the features that the recipe keeps."""
    groups = recipe.groups()
    found = []
    for item in recipe.pictures:
        group, pictures = groups.group(item.group), train.get_column(item.column).drop_nulls()
        if group is None or len(group.positions) != item.count or len(pictures) < _LEAST:
            continue
        sizes = np.abs(shares[:, list(group.positions)]).mean(axis=0).reshape(item.shape).sum(axis=0)
        brightness = _mean(pictures, item)
        cells, looks = _pooled(brightness, np.mean), _pooled(sizes, np.sum)
        found.append(
            PictureShares(
                column=item.column,
                height=cells.shape[0],
                width=cells.shape[1],
                brightness=tuple(cells.reshape(-1).tolist()),
                shares=tuple(looks.reshape(-1).tolist()),
            )
        )
    return tuple(found)


def _mean(pictures: pl.Series, item: Pixels) -> NDArray[np.float64]:
    """Give the mean picture [height, width], white being 1."""
    total = np.zeros(item.count, dtype=np.int64)
    for start in range(0, len(pictures), _AT_ONCE):
        block = Pictures.of(pictures.slice(start, _AT_ONCE).to_list(), item.count)
        total += block.pixels.sum(axis=0, dtype=np.int64)
    mean = total / (255 * len(pictures))
    return np.asarray(mean.reshape(item.shape).mean(axis=0))


def _pooled(values: NDArray[np.float64], how: Any) -> NDArray[np.float64]:
    """Bring [height, width] to at most so many cells a side."""
    for axis in (0, 1):
        parts = np.array_split(values, min(_CELLS, values.shape[axis]), axis=axis)
        values = np.stack([how(part, axis=axis) for part in parts], axis=axis)
    return values
