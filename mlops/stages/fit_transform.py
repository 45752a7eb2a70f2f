"""Learns from the training rows how columns become numbers; what it learns is a recipe that others apply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from pydantic import Field

from mlops.blocks import block
from mlops.blocks.derived import Computed, inputs, reads
from mlops.blocks.where import Where
from mlops.bundle.recipe import Category, Column, Condition, Made, Number, Recipe, Target
from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.expressions.steps import Step, needed
from mlops.expressions.steps import inputs as inputs_of
from mlops.files.canonical import rounded
from mlops.ml.data.derive import steps
from mlops.ml.data.encoding import encode
from mlops.ml.data.moments import in_utc
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.stages.tables import blocks, transformed
from mlops.transforms import IMPUTATIONS, SCALINGS, SELECTIONS, features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.recipe import Part
    from mlops.documents.table import ColumnSchema, TableSchema

_DIGITS = 12  # statistics are kept to this many, so that another processor's last bit does not change the bundle


class Options(features.Features):
    """What is asked of the transform, and what is learnt with it."""

    task: Literal["binary", "multiclass", "regression"]
    target: block.Column
    where: Where | None = None
    derive: dict[str, Computed] = Field(default_factory=dict)
    """Columns that are computed of a row: the server does so too."""


def fit(train: pl.DataFrame, schema: TableSchema, options: Options) -> Recipe:
    """Fit a recipe on training rows; `schema` is the validate stage's."""
    known = _features(schema, options)
    asked = None if options.where is None else Condition(expression=options.where.keep, refuse=_refuses(options))
    wanted = {column.name for column in known} | _read(asked)
    made = _made(schema, options, wanted)
    given = wanted - {step.name for step in made} | set(inputs_of(made))
    columns = [
        Column.model_validate({"name": c.name, "type": c.type, "nullable": c.nullable or _nulls(train, c.name)})
        for c in schema.columns
        if c.name in given
    ]
    classes = None if options.task == "regression" else schema.classes
    draft = Recipe(
        schema_version=1,
        kind=options.kind,
        task=options.task,
        target=Target(name=options.target, classes=classes),
        columns=tuple(columns),
        made=tuple(Made.model_validate({"name": s.name, "type": s.type, "expression": s.expression}) for s in made),
        where=asked,
    )
    if options.kind == "image":
        return _image(draft, options)
    return _chosen(_learnt(draft, known, train, options), train, options)


def _refuses(options: Options) -> bool:
    return options.where is not None and options.where.outside == "refuse"


def _read(where: Condition | None) -> set[str]:
    return set() if where is None else set(reads(where.expression))


def _made(schema: TableSchema, options: Options, wanted: set[str]) -> list[Step]:
    """List what is computed for the features, as far as the table has what it is computed of."""
    types = {column.name: column.type for column in schema.columns}
    whole = {name for name in options.derive if inputs(options.derive, [name]) <= set(types)}
    asked = {name: options.derive[name] for name in whole}
    found = steps(asked, {name: kind for name, kind in types.items() if name not in options.derive})
    return needed(found, wanted)


def _learnt(recipe: Recipe, known: list[ColumnSchema], train: pl.DataFrame, options: Options) -> Recipe:
    """Learn what every column becomes; one without any value becomes nothing but a note."""
    numbers: list[Number] = []
    categories: list[Category] = []
    notes: list[str] = []
    for column in known:
        series = train.get_column(column.name)
        if series.null_count() == len(series):
            notes.append(f"`{column.name}` has no value in training: dropped")
        elif column.type in ("string", "category"):
            categories.append(_category(series, options.categorical))
        elif column.type in ("date", "datetime"):
            numbers += [_moment(series, column.type, part, options.numeric) for part in options.datetime.parts]
        else:
            numbers.append(_scaled(series.name, None, _finite(series), options.numeric))
    numbers.sort(key=lambda item: item.part is not None)
    return _changed(recipe, numbers=numbers, categories=categories, notes=notes)


def _changed(recipe: Recipe, **parts: Any) -> Recipe:
    """Give a recipe other parts, and hold what comes of it together."""
    return Recipe.model_validate({**dict(recipe), **parts})


def _features(schema: TableSchema, options: Options) -> list[ColumnSchema]:
    known = {column.name: column for column in schema.columns if column.role == "feature"}
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
    numbers = [_number(name, None, 0.0, 0.0, options.image.scale, indicator=False) for name in names]
    return _changed(recipe, numbers=numbers, keep=range(count), features=names, shape=shape)


def _finite(series: pl.Series) -> NDArray[np.float64]:
    values: NDArray[np.float64] = series.cast(pl.Float64).to_numpy()
    known = np.isfinite(values)
    return values if known.all() else np.where(known, values, np.nan)


def _moment(series: pl.Series, kind: str, part: Part, options: features.Numeric) -> Number:
    moments = series.cast(pl.Datetime("us")) if kind == "date" else in_utc(series)
    return _scaled(series.name, part, _finite(getattr(moments.dt, part)()), options)


def _scaled(name: str, part: Part | None, values: NDArray[np.float64], options: features.Numeric) -> Number:
    missing = np.isnan(values)
    gaps = bool(missing.any())
    known = values[~missing] if gaps else values
    if not len(known):
        return _number(name, part, 0.0, 0.0, 1.0, indicator=False)
    fill = IMPUTATIONS[options.impute](known)
    shift, scale = _scaling(np.where(missing, fill, values) if gaps else values, options.scale)
    indicator = options.indicator and part is None and gaps
    return _number(name, part, fill, shift, scale, indicator=indicator)


def _scaling(values: NDArray[np.float64], how: str) -> tuple[float, float]:
    if values.min() == values.max():
        return 0.0, 1.0
    found: tuple[float, float] = SCALINGS[how](values)
    return found


def _number(name: str, part: Part | None, fill: float, shift: float, scale: float, *, indicator: bool) -> Number:
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


def _chosen(recipe: Recipe, train: pl.DataFrame, options: Options) -> Recipe:
    """Drop constant features, select, and forget the columns that nothing is left of."""
    layout, transform = recipe.layout(), Transform(recipe)
    varies = _varies(transform, train)
    constant = (feature.name for feature, kept in zip(layout, varies, strict=True) if not kept)
    notes = [*recipe.notes, *(f"`{name}` is constant in training: dropped" for name in constant)]
    kept: list[int] = np.flatnonzero(varies).tolist()
    if not kept:
        raise DataError("every feature is constant in the training rows")
    if options.select is not None and len(kept) > options.select.keep:
        x = transformed(transform, train)[:, kept]
        best = _best(x, encode(recipe.target, train), options.task, options.select)
        kept = [kept[index] for index in best]
        notes.append(f"{len(kept)} of {int(varies.sum())} features selected by {options.select.by}")
    return _pruned(_changed(recipe, notes=notes), {(layout[i].column, layout[i].name) for i in kept})


def _varies(transform: Transform, train: pl.DataFrame) -> NDArray[np.bool_]:
    """Tell which features have more than one value; the first rows tell it of most."""
    low, high = np.full(transform.shape, np.inf), np.full(transform.shape, -np.inf)
    for x in blocks(transform, train):
        low, high = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))
        if (low < high).all():
            break
    return np.asarray(low < high)


def _pruned(recipe: Recipe, kept: set[tuple[str, str]]) -> Recipe:
    used = {column for column, _ in kept} | _read(recipe.where)
    made = needed(recipe.steps, used)
    given = used | set(inputs_of(made))
    pruned = _changed(
        recipe,
        columns=[column for column in recipe.columns if column.name in given],
        made=[each for each in recipe.made if each.name in {step.name for step in made}],
        numbers=[item for item in recipe.numbers if item.column in used],
        categories=[item for item in recipe.categories if item.column in used],
    )
    layout = pruned.layout()
    keep = [index for index, feature in enumerate(layout) if (feature.column, feature.name) in kept]
    return _changed(pruned, keep=keep, features=[layout[i].name for i in keep], shape=[len(keep)])


def _best(x: NDArray[np.float32], y: NDArray[Any], task: str, select: features.Selection) -> list[int]:
    """Position of the best features, in their order; ties go to the earlier one."""
    score = SELECTIONS[select.by](x, y, task)
    best = np.argsort(-np.array([rounded(float(value)) for value in score]), kind="stable")[: select.keep]
    return sorted(best.tolist())
