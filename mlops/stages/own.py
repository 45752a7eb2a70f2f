"""What any stage of a pipeline's own code is held to: a table, with no key lost and none made up."""

from __future__ import annotations

from typing import Any

import polars as pl
from pydantic import Field

from mlops.errors import DataError
from mlops.ml.data.names import refuse_kept
from mlops.ml.data.parquet import ROW
from mlops.stages.context import Section


class Params(Section):
    """The section of an own stage in params.yaml."""

    use: str
    rows: str = Field(pattern=r"^artifacts/[A-Za-z0-9_-]+\.parquet$")
    files: tuple[str, ...]
    keys: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)


def held(name: str, given: pl.DataFrame, made: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Hold what own code made against what it was given, and number the rows; no value of a row is told.

    Raises:
        DataError: a key is lost, made up, or no column any more.
    """
    columns = keys or (ROW,)
    absent = [column for column in columns if column not in made.columns or column not in given.columns]
    if absent:
        hint = f"keep `{ROW}` in what the function answers" if absent == [ROW] else "keep the columns of `keys:`"
        raise DataError(f"{name}: `{absent[0]}` is no column of its rows", hint=hint)
    if other := [column for column in columns if made[column].dtype != given[column].dtype]:
        raise DataError(f"{name}: `{other[0]}` became {made[other[0]].dtype}", hint="keep the types of keys")
    refuse_kept((column for column in made.columns if column != ROW), f"what {name} makes")
    _hold_keys(name, given, made, columns)
    if not keys:
        if made.height != given.height:
            raise DataError(f"{name}: a row stands more than once", hint="name the columns that identify rows: `keys:`")
        return made.sort(ROW)
    return made.drop(ROW, strict=False).with_row_index(ROW).with_columns(pl.col(ROW).cast(given[ROW].dtype))


def _hold_keys(name: str, given: pl.DataFrame, made: pl.DataFrame, columns: tuple[str, ...]) -> None:
    lost = given.join(made, on=list(columns), how="anti", nulls_equal=True, maintain_order="left")
    if lost.height:
        total, first = given.select(columns).n_unique(), lost[ROW][0]
        count = lost.select(columns).n_unique()
        words = f"{name}: {count:,} of {total:,} keys are lost; the first is that of row {first:,}"
        raise DataError(words, hint="keep every key: a filter or an inner join leaves rows out")
    strange = made.join(given, on=list(columns), how="anti", nulls_equal=True)
    if strange.height:
        raise DataError(f"{name}: {strange.height:,} rows have a key that is in none that it was given")
