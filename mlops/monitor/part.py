"""A new data version: what was served and labelled since the last one, as one more file of the source's folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import ConfigurationError
from mlops.monitor.labels import ID

if TYPE_CHECKING:
    from mlops.monitor.log import Records

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<first>.*)\.until-(?P<end>\d{8}T\d{6}Z)\.csv")
_SUFFIX = re.compile(r"\.csv(\.[a-z0-9]+)?$")


def latest(names: Iterable[str]) -> datetime | None:
    """Find where the newest data version ends, by the names of its files; None where none came from the log."""
    found = [match["end"] for name in names if (match := _NAME.fullmatch(name))]
    return datetime.strptime(max(found), _TIME).replace(tzinfo=UTC) if found else None


def name(names: Iterable[str], end: datetime) -> str:
    """Name a file that comes after all others of the folder, so that rows which are there keep their numbers."""
    last = max(names, default="rows")
    match = _NAME.fullmatch(last)
    first = match["first"] if match else _SUFFIX.sub("", last)
    return f"{first}.until-{end.strftime(_TIME)}.csv"


def rows(records: Records, labels: pl.DataFrame) -> pl.DataFrame:
    """Join records with their labels, by time; a column that both have is taken from the labels."""
    features = records.features.with_columns(records.identity.alias(ID))
    own = [column for column in features.columns if column == ID or column not in labels.columns]
    return features.select(own).join(labels, on=ID, how="inner", maintain_order="left")


def spelled(
    found: pl.DataFrame, columns: Sequence[str], required: Iterable[str], *, separator: str, null: str, header: bool
) -> str:
    """Spell rows as CSV with the columns of the source; what was not kept is missing.

    Raises:
        ConfigurationError: a column that no row may lack was neither logged nor labelled.
    """
    absent = sorted(set(required) & set(columns) - set(found.columns))
    if absent:
        listed = ", ".join(f"`{column}`" for column in absent)
        raise ConfigurationError(
            f"{listed} of the source is neither logged nor labelled", hint="add the column to `monitor.labels`"
        )
    made = [
        pl.col(column) if column in found.columns else pl.lit(None, dtype=pl.String).alias(column) for column in columns
    ]
    return found.select(made).write_csv(separator=separator, null_value=null, include_header=header)
