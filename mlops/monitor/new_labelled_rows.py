"""A new data version: what was served and labelled since the last one, as one more file of the source's folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.names import helper
from mlops.monitor.labels import ID, TIME

if TYPE_CHECKING:
    from mlops.ml.data.spelling import Spelling
    from mlops.monitor.log import Records

_KEY = helper("key")  # the model may read a column that is called as the key is
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<first>.*)\.until-(?P<end>\d{8}T\d{6}Z)(-(?P<environment>[a-z0-9_-]+))?\.csv")
_SUFFIX = re.compile(r"\.csv(\.[a-z0-9]+)?$")


def latest(names: Iterable[str], environment: str | None = None, *, usual: bool = True) -> datetime | None:
    """Find where the newest data version of an environment ends, by the names of files; None where there is none.

    One that names no environment is of the `usual` one; without environments, all are.
    """
    found = [match.group("end", "environment") for name in names if (match := _NAME.fullmatch(name))]
    ends = [end for end, said in found if _of(said, environment, usual=usual)]
    return datetime.strptime(max(ends), _TIME).replace(tzinfo=UTC) if ends else None


def _of(said: str | None, environment: str | None, *, usual: bool) -> bool:
    return environment is None or said == environment or (said is None and usual)


def name(names: Iterable[str], end: datetime, environment: str | None = None) -> str:
    """Name a file that comes after all others of the folder, so that rows which are there keep their numbers."""
    last = max(names, default="rows")
    match, suffix = _NAME.fullmatch(last), "" if environment is None else f"-{environment}"
    made = f"{match['first'] if match else _SUFFIX.sub('', last)}.until-{end.strftime(_TIME)}{suffix}.csv"
    # another environment's may end later
    return made if made > last else f"{last.removesuffix('.csv')}.until-{end.strftime(_TIME)}{suffix}.csv"


def rows(records: Records, labels: pl.DataFrame, key: str = ID) -> pl.DataFrame:
    """Join records with their labels by a key, in order of time; a column that both have is taken from the labels.

    When a label came to be known is no part of the row, even where the source has a column of that name.
    """
    labels = labels.drop(TIME, strict=False).rename({key: _KEY})
    own = [column for column in records.features.columns if column not in labels.columns]
    features = records.features.select(own).with_columns(records.known_as(key).alias(_KEY))
    joined = features.join(labels, on=_KEY, how="inner", maintain_order="left")
    return joined.drop(_KEY) if key in joined.columns else joined.rename({_KEY: key})


@dataclass(frozen=True)
class Layout:
    """How the newest file of the source is written: its `columns` as the pipeline names them, `header` as it does.

    `header` is None where there is none; `spellings` are those of the columns; `quote` stands around fields that need
    it, where it is not empty.
    """

    columns: Sequence[str]
    header: Sequence[str] | None
    separator: str
    null: str
    spellings: Mapping[str, Spelling]
    quote: str = '"'


def spelled(found: pl.DataFrame, layout: Layout, required: Iterable[str]) -> str:
    """Spell rows as the source is spelt, so that both are read alike; what was not kept is missing.

    Raises:
        ConfigurationError: a column that no row may lack was neither logged nor labelled.
        DataError: a value cannot be spelt as its column is, or the file has no quotes and a value needs them.
    """
    absent = sorted(set(required) & set(layout.columns) - set(found.columns))
    if absent:
        listed = ", ".join(f"`{column}`" for column in absent)
        raise ConfigurationError(
            f"{listed} of the source is neither logged nor labelled", hint="add the column to `monitor.labels`"
        )
    named = layout.columns if layout.header is None else layout.header
    made = [_column(found, column, layout).alias(name) for column, name in zip(layout.columns, named, strict=True)]
    table, header, quote = pl.DataFrame(made), layout.header is not None, layout.quote
    if not quote and any(column.str.contains(rf"[\r\n{re.escape(layout.separator)}]").any() for column in made):
        raise DataError("a new value holds a separator, and the source quotes nothing", hint='write `quote: "\'"`')
    return table.write_csv(
        separator=layout.separator,
        null_value=layout.null,
        include_header=header,
        quote_char=quote or '"',
        quote_style="necessary" if quote else "never",
    )


def _column(found: pl.DataFrame, column: str, layout: Layout) -> pl.Series:
    if column not in found.columns:
        return pl.Series(column, [None], dtype=pl.String).new_from_index(0, found.height)
    return layout.spellings[column].spelled(found.get_column(column))
