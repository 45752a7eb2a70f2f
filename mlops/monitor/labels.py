"""Labels that came late: read from a file and joined by prediction id, each prediction at most once.

Of several labels for one prediction the latest holds, whatever the order of the file; labels from after `until` are not
known yet. The same labels shuffled, doubled or arrived in another order give the same result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.derive import Derived, derive

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mlops.ml.data.types import ColumnType

ID, TIME = "prediction_id", "time"


def read(path: Path, shown: str, target: str, derived: Mapping[str, Derived], until: datetime) -> pl.DataFrame:
    """Read labels known at `until`: `prediction_id`, `time`, the target, and whatever else the file has.

    Raises:
        ConfigurationError: there is no such file, or the target is not in it and cannot be computed.
        DataError: it is not such a file.
    """
    if not path.is_file():
        raise ConfigurationError(f"there are no labels at {shown}", hint="check `monitor.labels`")
    try:
        frame = _table(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{shown} cannot be read as a table of labels", hint="write CSV or Parquet") from error
    absent = [name for name in (ID, TIME) if name not in frame.columns]
    if absent:
        raise DataError(
            f"{shown} has no column {' and '.join(f'`{name}`' for name in absent)}",
            hint=f"its columns: {ID}, {TIME}, {target}",
        )
    frame = frame.with_columns(pl.col(ID).cast(pl.String), _moments(frame.get_column(TIME), shown))
    frame = _latest(frame.filter(pl.col(ID).is_not_null() & (pl.col(TIME) <= until)))
    if target not in frame.columns:
        frame = _derived(frame, shown, target, derived)
    return frame.filter(pl.col(target).is_not_null())


def _table(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    return pl.read_csv(path, infer_schema_length=None, schema_overrides={ID: pl.String, TIME: pl.String})


def _moments(series: pl.Series, shown: str) -> pl.Series:
    """Read times; one without a zone is UTC."""
    if series.dtype == pl.String:
        parsed = series.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        if parsed.null_count() > series.null_count():
            raise DataError(f"`{TIME}` of {shown} is not a time in every row", hint="write 2026-11-21T08:30:00Z")
        series = parsed
    if series.dtype == pl.Date:
        series = series.cast(pl.Datetime("us"))
    if not isinstance(series.dtype, pl.Datetime):
        raise DataError(f"`{TIME}` of {shown} is {series.dtype}, not a time", hint="write 2026-11-21T08:30:00Z")
    zone = series.dtype.time_zone
    series = series.dt.replace_time_zone("UTC") if zone is None else series.dt.convert_time_zone("UTC")
    return series.cast(pl.Datetime("us", "UTC")).alias(TIME)


def _latest(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep one row a prediction: the latest, and of equally late ones the last by what they say."""
    rest = [name for name in frame.columns if name not in (ID, TIME)]
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in rest]
    spelled = pl.concat_str([pl.lit(""), *texts], separator="\0")
    ordered = frame.with_columns(spelled.alias("__spelled__")).sort(ID, TIME, "__spelled__")
    return ordered.unique(ID, keep="last", maintain_order=True).drop("__spelled__")


def _derived(frame: pl.DataFrame, shown: str, target: str, wanted: Mapping[str, Derived]) -> pl.DataFrame:
    rule = wanted.get(target)
    if rule is None or rule.source not in frame.columns:
        needed = f"`{target}`" if rule is None else f"`{target}`, nor `{rule.source}`, which it is derived from"
        raise ConfigurationError(f"{shown} has no column {needed}", hint=f"add the column `{target}`")
    made, _ = derive(frame, {rule.source: _type(frame.schema[rule.source])}, {target: rule})
    return made


def _type(dtype: pl.DataType) -> ColumnType:
    if dtype.is_integer():
        return "int"
    if dtype.is_numeric():
        return "float"
    if dtype == pl.Boolean:
        return "bool"
    return "date" if dtype == pl.Date else "datetime" if isinstance(dtype, pl.Datetime) else "string"
