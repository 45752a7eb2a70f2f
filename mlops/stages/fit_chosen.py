"""Chooses among the features that columns become: constant ones go, and what is asked to be selected stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import TEXT, USUAL
from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.ml.data.encoding import encode
from mlops.stages.kept_features import keeping
from mlops.stages.stable_features import USUAL_SHARE, stable
from mlops.stages.tables import blocks, transformed
from mlops.transforms import SELECTIONS, features

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.recipe_items import Feature
    from mlops.stages.fit_options import Options


def chosen(recipe: Recipe, train: pl.DataFrame, options: Options) -> Recipe:
    """Drop constant features, select, and forget the columns that nothing is left of."""
    layout, transform = recipe.layout(), Transform(recipe)
    varies = _whole_pictures(_varies(transform, train), recipe)
    varies |= np.array([feature.group.startswith(f"{TEXT}:") for feature in layout])  # one piece each
    constant = (feature.name for feature, kept in zip(layout, varies, strict=True) if not kept)
    notes = dict.fromkeys([*recipe.notes, *(f"`{name}` is constant in training: dropped" for name in constant)])
    kept: list[int] = np.flatnonzero(varies).tolist()
    if not kept:
        raise DataError("every feature is constant in the training rows")
    usual = [place for place in kept if layout[place].group in USUAL]
    if options.select is not None and (options.select.again or len(usual) > options.select.keep):
        x = transformed(transform, train)[:, usual]
        best = _best(x, encode(recipe.target, train), options.task, options.select)
        notes[f"{len(best)} of {len(usual)} features selected by {_how(options.select)}"] = None
        kept = _following(layout, kept, [usual[index] for index in best])
    found = keeping(recipe.changed(notes=list(notes)), [layout[place] for place in kept])
    alone = found.pictures[0] if len(found.pictures) == 1 == len(found.groups().groups) else None
    return found if alone is None else found.changed(shape=alone.shape)  # a row is a picture, and nothing else


def _varies(transform: Transform, train: pl.DataFrame) -> NDArray[np.bool_]:
    """Tell which features are not the same in all rows; where some rows have no value, that is another one.

    The first rows tell it of most.
    """
    low, high = np.full(transform.shape, np.inf), np.full(transform.shape, -np.inf)
    gaps = varies = np.zeros(transform.shape, dtype=bool)
    for x in blocks(transform, train):
        low, high = np.fmin(low, np.fmin.reduce(x)), np.fmax(high, np.fmax.reduce(x))
        gaps = gaps | np.isnan(x).any(axis=0)
        varies = (low < high) | (gaps & (low <= high))
        if varies.all():
            break
    return varies


def _whole_pictures(varies: NDArray[np.bool_], recipe: Recipe) -> NDArray[np.bool_]:
    """Keep all pixels of a picture of which one varies: a corner that is dark in training is not so forever."""
    at = len(varies) - sum(item.count for item in recipe.pictures)
    for item in recipe.pictures:
        varies[at : at + item.count] = varies[at : at + item.count].any()
        at += item.count
    return varies


def _following(layout: Sequence[Feature], kept: list[int], chosen: list[int]) -> list[int]:
    """Keep the features that were chosen among the usual ones, and of the other groups what is of the same columns."""
    columns, among = {layout[place].column for place in chosen}, set(chosen)
    return [
        place
        for place in kept
        if place in among or (layout[place].group not in USUAL and layout[place].column in columns)
    ]


def _how(select: features.Selection) -> str:
    if not select.again:
        return select.by
    shadows = ", above every shuffled copy" if select.shadows else ""
    share = USUAL_SHARE if select.stable is None else select.stable
    return f"{select.by}, in at least {share:.0%} of {select.halves} halves of the rows{shadows}"


def _best(x: NDArray[np.float32], y: NDArray[Any], task: str, select: features.Selection) -> list[int]:
    """Position of the best features, in their order; ties go to the earlier one."""
    if select.again:
        return stable(x, y, task, select, SELECTIONS[select.by])
    score = SELECTIONS[select.by](x, y, task)
    best = np.argsort(-np.array([rounded(float(value)) for value in score]), kind="stable")[: select.keep]
    return sorted(best.tolist())
