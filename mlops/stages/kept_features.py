"""A transform without what nobody reads: features, the numbers and categories they are made of, their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.blocks.derived import reads
from mlops.expressions.steps import inputs, needed

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.recipe_items import Condition, Feature


def keeping(recipe: Recipe, kept: Collection[Feature]) -> Recipe:
    """Forget all features but some, and what only the others are made of.

    Example:
        >>> keeping(recipe, [each for each in recipe.kept() if each.group == "numbers"])  # doctest: +SKIP
    """
    used = {(feature.group, feature.column) for feature in kept}
    columns = {column for _, column in used} | read(recipe.where)
    made = needed(recipe.steps, columns)
    given = columns | set(inputs(made))
    pruned = recipe.changed(
        columns=[column for column in recipe.columns if column.name in given],
        made=[each for each in recipe.made if each.name in {step.name for step in made}],
        numbers=[item for item in recipe.numbers if (item.group, item.column) in used],
        categories=[item for item in recipe.categories if (item.group, item.column) in used],
        texts=[item for item in recipe.texts if (item.group, item.column) in used],
        pictures=[item for item in recipe.pictures if (item.group, item.column) in used],
        keep=None,
        features=None,
        shape=None,
    )
    layout, wanted = pruned.layout(), set(kept)
    places = [index for index, feature in enumerate(layout) if feature in wanted]
    shape = recipe.shape if recipe.shape is not None and len(recipe.shape) > 1 else [len(places)]
    return pruned.changed(keep=places, features=[layout[i].name for i in places], shape=shape)


def read(where: Condition | None) -> set[str]:
    """Name the columns that a condition of rows reads."""
    return set() if where is None else set(reads(where.expression))
