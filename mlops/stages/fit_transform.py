"""Learns from the training rows how columns become numbers; what it learns is a recipe that others apply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops.blocks.column_group import BY_TARGET, reads
from mlops.bundle.recipe import Recipe
from mlops.bundle.recipe_items import IMAGE, Column, Condition, Made, Target
from mlops.errors import DataError
from mlops.expressions.steps import inputs as inputs_of
from mlops.expressions.steps import needed
from mlops.stages.fit_aggregates import aggregated
from mlops.stages.fit_chosen import chosen
from mlops.stages.fit_columns import Learnt, number, pixels
from mlops.stages.fit_options import Options
from mlops.stages.fit_target_codes import Outcomes
from mlops.stages.kept_features import read
from mlops.transforms import features

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from mlops.documents.table import ColumnSchema, TableSchema


def fit(train: pl.DataFrame, schema: TableSchema, options: Options) -> Recipe:
    """Fit a recipe on training rows; `schema` is the validate stage's."""
    types = {column.name: column.type for column in schema.columns}
    steps, made = aggregated(train, types, options)
    train = train if made is None else made.beside(train)
    known = _features(schema, options, () if made is None else made.described)
    asked = None if options.where is None else Condition(expression=options.where.keep, refuse=_refuses(options))
    wanted = {column.name for column in known} | read(asked)
    steps = needed(steps, wanted)
    given = wanted - {step.name for step in steps} | set(inputs_of(steps))
    columns = [
        Column.model_validate({"name": c.name, "type": c.type, "nullable": c.nullable or _nulls(train, c.name)})
        for c in schema.columns
        if c.name in given
    ]
    classes = None if options.task == "regression" else schema.classes
    target = Target(name=options.target, classes=classes)
    draft = Recipe(schema_version=1, kind=options.kind, task=options.task, target=target, columns=())
    draft = draft.changed(columns=columns, made=[Made.of(step) for step in steps], where=asked)
    if options.kind == "image":
        pictures = [column for column in known if column.type == IMAGE]
        return _picture(draft, pictures[0], known, train, options) if pictures else _image(draft, options)
    told = any(reads(options.groups, group) for group in BY_TARGET)
    by_target = Outcomes.of(draft.target, train, options.weight) if told else None
    found = Learnt(options, by_target)
    for column in known:
        found.add(train.get_column(column.name), column)
    return chosen(found.of(draft), train, options)


def _refuses(options: Options) -> bool:
    return options.where is not None and options.where.outside == "refuse"


def _features(schema: TableSchema, options: Options, made: Sequence[ColumnSchema]) -> list[ColumnSchema]:
    known = {column.name: column for column in (*schema.columns, *made) if column.role == "feature"}
    if absent := [name for name in options.drop if name not in known]:
        raise DataError(
            f"`drop` names what is not a feature: {', '.join(f'`{name}`' for name in absent)}",
            hint=f"features are {', '.join(sorted(known)[:20])}",
        )
    columns = [column for name, column in known.items() if name not in options.drop]
    if not columns:
        raise DataError("no feature is left after dropping and excluding columns")
    return columns


def _nulls(train: pl.DataFrame, name: str) -> bool:
    series = train.get_column(name)
    return series.null_count() > 0 or (series.dtype.is_float() and bool(series.is_nan().any()))


def _image(recipe: Recipe, options: Options) -> Recipe:
    if options.image is None:
        raise DataError("kind image needs `image: {shape: [channels, height, width]}`")
    names = [column.name for column in recipe.columns]
    shape, count = options.image.shape, math.prod(options.image.shape)
    if len(names) != count:
        raise DataError(
            f"an image of {' x '.join(map(str, shape))} has {count} pixels but there are {len(names)} columns"
        )
    if bad := [column.name for column in recipe.columns if column.type not in ("int", "float", "bool")]:
        raise DataError(f"pixels must be numbers; `{bad[0]}` is not")
    numbers = [number(name, None, 0.0, 0.0, options.image.scale, indicator=False) for name in names]
    return recipe.changed(numbers=numbers, keep=range(count), features=names, shape=shape)


def _picture(
    recipe: Recipe, column: ColumnSchema, known: list[ColumnSchema], train: pl.DataFrame, options: Options
) -> Recipe:
    """Make a row of the pixels of its one picture."""
    if others := [each.name for each in known if each is not column]:
        raise DataError(
            f"`kind: image` learns from one picture a row, `{column.name}`, and there is {', '.join(others[:5])} too",
            hint=f"leave the rest out: `features: {{drop: [{', '.join(others[:5])}]}}`",
        )
    made = pixels(train.get_column(column.name), column, options.images.get(column.name, features.Pixels()))
    return recipe.changed(pictures=[made], shape=made.shape)
