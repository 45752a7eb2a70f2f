"""Learns from the training rows how columns become numbers; what it learns is a recipe that others apply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from pydantic import Field

from mlops.blocks import block
from mlops.blocks.column_group import CODES, NUMBERS, USUAL, reads
from mlops.blocks.derived import Computed, inputs
from mlops.blocks.where import Where
from mlops.bundle.recipe import IMAGE, Category, Column, Condition, Made, Number, Pixels, Recipe, Target
from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.expressions.steps import Step, needed
from mlops.expressions.steps import inputs as inputs_of
from mlops.files.canonical import rounded
from mlops.ml.data.derive import steps
from mlops.ml.data.encoding import encode
from mlops.ml.data.moments import in_utc
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.pictures.pixels import Pictures
from mlops.stages.kept_features import keeping, read
from mlops.stages.tables import transformed
from mlops.transforms import IMPUTATIONS, SCALINGS, SELECTIONS, features

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mlops.bundle.recipe import Feature, Part
    from mlops.documents.table import ColumnSchema, TableSchema

_DIGITS = 12  # statistics are kept to this many, so that another processor's last bit does not change the bundle
_PICTURES = 2_000
"""Added up at once."""
_BLUR = 1e-5  # of the range: rounded to float32 by more than that, neighbouring numbers may be one


class Options(features.Features):
    """What is asked of the transform, and what is learnt with it."""

    task: Literal["binary", "multiclass", "regression"]
    target: block.Column
    where: Where | None = None
    derive: dict[str, Computed] = Field(default_factory=dict)
    """Columns that are computed of a row: the server does so too."""
    groups: block.Items[str] = ()
    """Groups of columns that candidates read beside the usual ones, which the simple baseline reads too."""


def fit(train: pl.DataFrame, schema: TableSchema, options: Options) -> Recipe:
    """Fit a recipe on training rows; `schema` is the validate stage's."""
    known = _features(schema, options)
    asked = None if options.where is None else Condition(expression=options.where.keep, refuse=_refuses(options))
    wanted = {column.name for column in known} | read(asked)
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
        pictures = [column for column in known if column.type == IMAGE]
        return _picture(draft, pictures[0], known, train, options) if pictures else _image(draft, options)
    return _chosen(_learnt(draft, known, train, options), train, options)


def _refuses(options: Options) -> bool:
    return options.where is not None and options.where.outside == "refuse"


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
    pictures: list[Pixels] = []
    notes: list[str] = []
    for column in known:
        series = train.get_column(column.name)
        if series.null_count() == len(series):
            notes.append(f"`{column.name}` has no value in training: dropped")
        elif column.type == IMAGE:
            pictures += _pictured(series, column, options)
        elif column.type in ("string", "category"):
            categories.append(_category(series, options.categorical))
        elif column.type in ("date", "datetime"):
            moments = series.cast(pl.Datetime("us")) if column.type == "date" else in_utc(series)
            for part in options.datetime.parts:
                numbers += _numbers(series.name, part, _finite(getattr(moments.dt, part)()), options)
        else:
            numbers += _numbers(series.name, None, _finite(series), options)
    numbers.sort(key=lambda item: (item.fill is None, item.part is not None))
    if reads(options.groups, CODES):
        categories += [item.model_copy(update={"encode": "codes"}) for item in categories]
    return recipe.changed(numbers=numbers, categories=categories, pictures=pictures, notes=notes)


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
    pixels = _pixels(train.get_column(column.name), column, options.images.get(column.name, features.Pixels()))
    return recipe.changed(pictures=[pixels], shape=pixels.shape)


def _pictured(series: pl.Series, column: ColumnSchema, options: Options) -> Iterator[Pixels]:
    """Learn what becomes of pictures beside other columns, where somebody reads them."""
    found = _pixels(series, column, options.images.get(column.name, features.Pixels()))
    if reads(options.groups, found.group):
        yield found


def _pixels(series: pl.Series, column: ColumnSchema, asked: features.Pixels) -> Pixels:
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


def _finite(series: pl.Series) -> NDArray[np.float64]:
    values: NDArray[np.float64] = series.cast(pl.Float64).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan
    return values


def _scaled(name: str, part: Part | None, values: NDArray[np.float64], options: features.Numeric) -> Number:
    missing = np.isnan(values)
    known = values[~missing]
    if not len(known):
        return _number(name, part, 0.0, 0.0, 1.0, indicator=False)
    fill = IMPUTATIONS[options.impute](known)
    shift, scale = _scaling(np.where(missing, fill, values), options.scale)
    indicator = options.indicator and part is None and bool(missing.any())
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
    layout, x = recipe.layout(), transformed(Transform(recipe), train)
    varies = _whole_pictures(_varies(x), recipe)
    constant = (feature.name for feature, kept in zip(layout, varies, strict=True) if not kept)
    notes = dict.fromkeys([*recipe.notes, *(f"`{name}` is constant in training: dropped" for name in constant)])
    kept: list[int] = np.flatnonzero(varies).tolist()
    if not kept:
        raise DataError("every feature is constant in the training rows")
    usual = [place for place in kept if layout[place].group in USUAL]
    if options.select is not None and len(usual) > options.select.keep:
        best = _best(x[:, usual], encode(recipe.target, train), options.task, options.select)
        notes[f"{len(best)} of {len(usual)} features selected by {options.select.by}"] = None
        kept = _following(layout, kept, [usual[index] for index in best])
    found = keeping(recipe.changed(notes=list(notes)), [layout[place] for place in kept])
    alone = found.pictures[0] if len(found.pictures) == 1 == len(found.groups().groups) else None
    return found if alone is None else found.changed(shape=alone.shape)  # a row is a picture, and nothing else


def _varies(x: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which features are not the same in all rows; where some rows have no value, that is another one."""
    if not len(x):
        return np.zeros(x.shape[1], dtype=bool)
    low, high = x.min(axis=0), x.max(axis=0)
    gaps = np.isnan(low)
    if gaps.any():
        low[gaps], high[gaps] = np.fmin.reduce(x[:, gaps]), np.fmax.reduce(x[:, gaps])
    return np.asarray((low < high) | (gaps & ~np.isnan(low)))


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


def _best(x: NDArray[np.float32], y: NDArray[Any], task: str, select: features.Selection) -> list[int]:
    """Position of the best features, in their order; ties go to the earlier one."""
    score = SELECTIONS[select.by](x, y, task)
    best = np.argsort(-np.array([rounded(float(value)) for value in score]), kind="stable")[: select.keep]
    return sorted(best.tolist())
