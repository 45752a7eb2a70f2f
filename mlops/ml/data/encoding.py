"""A target column as what a model learns: the position of a class, or a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from mlops.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class Target(Protocol):
    """A column to learn; `mlops.bundle.recipe.Target` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102 (a protocol's members say what they are by their names)
    @property
    def classes(self) -> Sequence[bool | int | float | str] | None: ...  # noqa: D102


def encode(target: Target, frame: pl.DataFrame) -> NDArray[np.int64] | NDArray[np.float64]:
    """Encode the target of each row: int64 position in `classes`, or float64; raises DataError."""
    if target.name not in frame.columns:
        raise DataError(f"the target `{target.name}` is not in the table")
    series = frame.get_column(target.name)
    if target.classes is None:
        return _numbers(series)
    labels = [_label(value) for value in target.classes]
    positions = _positions(series, {label: place for place, label in enumerate(labels)})
    if unknown := positions.null_count():
        raise DataError(f"{unknown:,} of {len(series):,} values of `{target.name}` are not one of its classes")
    return positions.to_numpy().astype(np.int64, copy=False)


def _positions(series: pl.Series, places: Mapping[str, int]) -> pl.Series:
    """Look up where each class stands, null where it is none; few are distinct, so that Python spells each once."""
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        return series.cast(pl.String).cast(pl.Enum(list(places)), strict=False).to_physical()
    if series.dtype == pl.Boolean:
        false, true = (places.get(_label(value)) for value in (False, True))
        return pl.select(
            pl.when(series).then(pl.lit(true, pl.Int64)).when(~series).then(pl.lit(false, pl.Int64))
        ).to_series()
    seen = series.drop_nulls().unique()
    found = [places.get(_label(value)) for value in seen.to_list()]
    return series.replace_strict(seen, found, default=None, return_dtype=pl.Int64)


def _numbers(series: pl.Series) -> NDArray[np.float64]:
    if not series.dtype.is_numeric():
        raise DataError(f"the target `{series.name}` is {series.dtype} but regression needs numbers")
    values: NDArray[np.float64] = series.cast(pl.Float64).to_numpy()
    if bad := int((~np.isfinite(values)).sum()):
        raise DataError(f"{bad:,} of {len(series):,} values of `{series.name}` are null or not finite")
    return values


def _label(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
