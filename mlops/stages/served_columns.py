"""What the chosen model reads of the features that were made for all candidates; nothing else is served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import IMAGE, USUAL, declared
from mlops.bundle.transform import Transform
from mlops.errors import IntegrityError
from mlops.stages.kept_features import keeping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.stages.context import StageContext


def groups(described: bytes) -> tuple[str, ...] | None:
    """Read from `model.json` which groups of columns the model reads; None where it reads all.

    Raises:
        IntegrityError: one is unknown.
    """
    said = json.loads(described).get("groups")
    try:
        return None if said is None else declared(said)
    except (TypeError, ValueError) as error:
        raise IntegrityError(f"model.json names no groups of columns: {error}", hint="dvc repro") from error


def served(recipe: Recipe, described: bytes) -> Recipe:
    """Give the transform of a model: what it does not read is not made, nor asked for."""
    asked = groups(described)
    return recipe if asked is None else keeping(recipe, [each for each in recipe.kept() if each.group in asked])


def taken(x: NDArray[Any], recipe: Recipe, described: bytes) -> NDArray[Any]:
    """Give the columns of rows [n, ...], as the transform of all candidates makes them, that a model reads."""
    asked = groups(described)
    return x if asked is None else np.take(x.reshape(len(x), -1), recipe.groups().positions(asked), axis=1)


def usual(x: NDArray[Any], recipe: Recipe) -> NDArray[Any]:
    """Give the columns that every pipeline has of rows [n, ...], else those of pictures; zeros where there are none."""
    layout = recipe.groups()
    places = layout.positions(USUAL) or layout.positions((f"{IMAGE}:*",))
    if len(places) == layout.width:
        return x
    return np.take(x.reshape(len(x), -1), places, axis=1) if places else np.zeros((len(x), 1), dtype=x.dtype)


def made_for_all(context: StageContext, served: Transform) -> Transform:
    """Give the transform of all candidates; what is served where nothing else was made."""
    path = context.path("artifacts/features/transform.json")
    if not path.is_file():
        return served
    made = Transform.read(path)
    return served if made.recipe == served.recipe else made
