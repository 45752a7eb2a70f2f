"""Learns from the training rows how columns become numbers; what it learns is a JSON value that others apply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import polars as pl

from mlops.blocks.block import Column
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.transforms import IMPUTATIONS, SCALINGS, SELECTIONS
from mlops.transforms.features import Categorical, Features, Numeric, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

_DIGITS = 12  # statistics are kept to this many, so that another processor's last bit does not change the bundle


class Options(Features):
    """What is asked of the transform, and what is learnt with it."""

    task: Literal["binary", "multiclass", "regression"]
    target: Column


class Layout(Protocol):
    """A feature and the column it comes from."""

    @property
    def column(self) -> str: ...  # noqa: D102 (a protocol's members say what they are by their names)
    @property
    def name(self) -> str: ...  # noqa: D102


class Applied(Protocol):
    """A recipe that can be applied; `mlops.stages.tables.Draft` is one."""

    @property
    def layout(self) -> Sequence[Layout]: ...  # noqa: D102
    def apply(self, frame: pl.DataFrame) -> NDArray[np.float32]: ...  # noqa: D102
    def target(self, frame: pl.DataFrame) -> NDArray[Any]: ...  # noqa: D102


def fit(
    train: pl.DataFrame, schema: Mapping[str, Any], options: Options, parse: Callable[[dict[str, Any]], Applied]
) -> dict[str, Any]:
    """Fit a recipe on training rows; `schema` is the validate stage's, `parse` makes a recipe applicable."""
    columns = _columns(schema, options)
    classes = None if options.task == "regression" else schema["classes"]
    recipe: dict[str, Any] = {
        "schema_version": 1,
        "kind": options.kind,
        "task": options.task,
        "target": {"name": options.target, "classes": classes},
        "columns": [
            {"name": c["name"], "type": c["type"], "nullable": bool(c["nullable"]) or _nulls(train, c["name"])}
            for c in columns
        ],
        "numbers": [],
        "categories": [],
        "notes": [],
    }
    if options.kind == "image":
        return _image(recipe, options)
    for column in columns:
        _learn(recipe, train.get_column(column["name"]), column["type"], options)
    recipe["numbers"].sort(key=lambda item: item["part"] is not None)
    return _chosen(recipe, train, options, parse)


def _columns(schema: Mapping[str, Any], options: Options) -> list[dict[str, Any]]:
    known = {column["name"]: column for column in schema["columns"] if column["role"] == "feature"}
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


def _image(recipe: dict[str, Any], options: Options) -> dict[str, Any]:
    if options.image is None:
        raise DataError("kind image needs `image: {shape: [channels, height, width]}`")
    names = [column["name"] for column in recipe["columns"]]
    shape, count = options.image.shape, math.prod(options.image.shape)
    if len(names) != count:
        raise DataError(
            f"an image of {' x '.join(map(str, shape))} has {count} pixels but there are {len(names)} columns"
        )
    if bad := [c["name"] for c in recipe["columns"] if c["type"] not in ("int", "float", "bool")]:
        raise DataError(f"pixels must be numbers; `{bad[0]}` is not")
    recipe["numbers"] = [_number(name, None, 0.0, 0.0, options.image.scale, indicator=False) for name in names]
    return recipe | {"keep": list(range(count)), "features": names, "shape": list(shape)}


def _learn(recipe: dict[str, Any], series: pl.Series, kind: str, options: Options) -> None:
    """Add what one column becomes; one without any value becomes nothing but a note."""
    if series.null_count() == len(series):
        recipe["notes"].append(f"`{series.name}` has no value in training: dropped")
    elif kind in ("string", "category"):
        recipe["categories"].append(_category(series, options.categorical))
    elif kind in ("date", "datetime"):
        recipe["numbers"] += [_moment(series, kind, part, options.numeric) for part in options.datetime.parts]
    else:
        recipe["numbers"].append(_scaled(series.name, None, _finite(series), options.numeric))


def _finite(series: pl.Series) -> NDArray[np.float64]:
    values: NDArray[np.float64] = series.cast(pl.Float64).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan
    return values


def _moment(series: pl.Series, kind: str, part: str, options: Numeric) -> dict[str, Any]:
    if kind == "datetime" and isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC")
    if kind == "date":
        series = series.cast(pl.Datetime("us"))
    return _scaled(series.name, part, _finite(getattr(series.dt, part)()), options)


def _scaled(name: str, part: str | None, values: NDArray[np.float64], options: Numeric) -> dict[str, Any]:
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


def _number(name: str, part: str | None, fill: float, shift: float, scale: float, *, indicator: bool) -> dict[str, Any]:
    usable = math.isfinite(scale) and scale > 0
    numbers = rounded({"fill": fill, "shift": shift, "scale": scale if usable else 1.0}, _DIGITS)
    return {"column": name, "part": part, "indicator": indicator, **numbers}


def _category(series: pl.Series, options: Categorical) -> dict[str, Any]:
    text = series.cast(pl.String)
    counts = text.drop_nulls().value_counts(name="rows")
    ranked = counts.sort(["rows", series.name], descending=[True, False]).get_column(series.name).to_list()
    levels = ranked[: options.at_most]
    return {
        "column": series.name,
        "encode": options.encode,
        "levels": sorted(levels) if options.encode == "ordinal" else levels,
        "other": len(ranked) > len(levels),
        "null": text.null_count() > 0,
    }


def _chosen(
    recipe: dict[str, Any], train: pl.DataFrame, options: Options, parse: Callable[[dict[str, Any]], Applied]
) -> dict[str, Any]:
    """Drop constant features, select, and forget the columns that nothing is left of."""
    draft = parse(recipe)
    x = draft.apply(train)
    varies = x.min(axis=0) < x.max(axis=0) if len(x) else np.zeros(x.shape[1], dtype=bool)
    recipe["notes"] += [
        f"`{feature.name}` is constant in training: dropped"
        for feature, kept in zip(draft.layout, varies, strict=True)
        if not kept
    ]
    kept: list[int] = np.flatnonzero(varies).tolist()
    if not kept:
        raise DataError("every feature is constant in the training rows")
    if options.select is not None and len(kept) > options.select.keep:
        kept = [kept[index] for index in _best(x[:, kept], draft.target(train), options.task, options.select)]
        recipe["notes"].append(f"{len(kept)} of {int(varies.sum())} features selected by {options.select.by}")
    return _pruned(recipe, {(draft.layout[i].column, draft.layout[i].name) for i in kept}, parse)


def _pruned(
    recipe: dict[str, Any], kept: set[tuple[str, str]], parse: Callable[[dict[str, Any]], Applied]
) -> dict[str, Any]:
    used = {column for column, _ in kept}
    recipe["columns"] = [column for column in recipe["columns"] if column["name"] in used]
    for block in ("numbers", "categories"):
        recipe[block] = [item for item in recipe[block] if item["column"] in used]
    layout = parse(recipe).layout
    keep = [index for index, feature in enumerate(layout) if (feature.column, feature.name) in kept]
    return recipe | {"keep": keep, "features": [layout[i].name for i in keep], "shape": [len(keep)]}


def _best(x: NDArray[np.float32], y: NDArray[Any], task: str, select: Selection) -> list[int]:
    """Position of the best features, in their order; ties go to the earlier one."""
    score = SELECTIONS[select.by](x, y, task)
    best = np.argsort(-np.array([rounded(float(value)) for value in score]), kind="stable")[: select.keep]
    return sorted(best.tolist())
