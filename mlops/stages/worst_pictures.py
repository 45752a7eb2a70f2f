"""The pictures of the worst errors on the test rows, where somebody declared that anyone may see them."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np

from mlops.documents.metrics import MOST_PICTURES, Pictures, Thumbnail
from mlops.ml.evaluation.studies.discovery import losses
from mlops.pictures.thumbnail import png

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from mlops.bundle.recipe import Recipe
    from mlops.ml.evaluation.predictions import Predictions


def look(
    public: Mapping[str, bool], recipe: Recipe, test: pl.DataFrame, predictions: Predictions
) -> tuple[Pictures, ...]:
    """Choose, for each column of pictures that the model reads, those of the rows that it is most wrong about.

    Args:
        public: by column, whether its pictures may be shown.
        recipe: what the model reads, with the shape of each column's pictures.
        test: the test rows, in the order of `predictions`.
        predictions: what the model says of them.

    Returns:
        A part for each column; none of its pictures where nobody said that they are public.
    """
    loss = losses(predictions.task, predictions.target, predictions.score)
    wrong = np.flatnonzero((loss > 0) & np.isfinite(loss) & _missed(predictions))
    order = wrong[np.lexsort((predictions.rows[wrong], -loss[wrong]))]
    found = []
    for column in recipe.pictures:
        if column.column not in public:
            continue
        may = public[column.column]
        known = test[column.column].is_not_null().to_numpy()
        shown = order[known[order]][:MOST_PICTURES] if may else ()
        pictures = tuple(_thumbnail(predictions, test[column.column][int(row)], column.shape, row) for row in shown)
        found.append(Pictures(column=column.column, public=may, wrong=len(wrong), shown=pictures))
    return tuple(found)


def _missed(predictions: Predictions) -> np.ndarray:
    """Tell which rows are decided wrongly [n]; of numbers, none is quite right."""
    if predictions.task == "regression":
        return np.ones(len(predictions), dtype=bool)
    return np.asarray(predictions.decided("candidate") != predictions.target.astype(np.int64))


def _thumbnail(predictions: Predictions, pixels: bytes, shape: tuple[int, ...], row: int) -> Thumbnail:
    picture = b64encode(png(pixels, shape)).decode("ascii")
    target, score = predictions.target[row], predictions.score[row]
    if predictions.task == "regression":
        return Thumbnail(png=picture, target=float(target), answer=float(score))
    decided = int(predictions.decided("candidate")[row])
    chance = score if np.ndim(score) else np.array([1 - score, score])
    return Thumbnail(png=picture, target=int(target), answer=decided, probability=float(chance[int(target)]))
