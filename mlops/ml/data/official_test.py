"""An official test set: rows of a source of its own, in one table with those that are learnt from.

Its rows stand first and are numbered from 0, so that the table says by a single number which they are, and rows that
join the others later, as in a retraining, leave the numbers of all earlier ones as they were.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import DataError, IntegrityError
from mlops.ml.data import sources
from mlops.ml.data.checks import Check
from mlops.ml.data.parquet import ROW

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.sources.source import Source

_NOTE = "mlops.official_test"
_SHOWN = 5


@dataclass(frozen=True)
class OfficialTest:
    """A test set that was set above the rows: where it came from, its rows, what its files and theirs are."""

    table: str
    rows: int
    digest: str
    others: str
    """Digest of the files of the other rows."""


def above(rows: pl.LazyFrame, source: Source, test: Source, folder: Path) -> tuple[pl.LazyFrame, OfficialTest]:
    """Set the rows of a test set above those of a source, and number all of them anew.

    Raises:
        DataError: it has no rows, other columns, or other types than the source.
    """
    with sources.reading(test):
        theirs = sources.scan(test, folder).drop(ROW).collect()
    ours = rows.drop(ROW)
    schema = ours.collect_schema()
    if not theirs.height:
        raise DataError(f"the test set {test.label} has no rows", hint="check `path` under `test:`")
    _refuse_other(list(schema.names()), theirs.columns, source, test)
    other = [name for name, kind in schema.items() if not _alike(kind, theirs.schema[name])]
    if other:
        named = f"{', '.join(f'`{name}`' for name in other[:_SHOWN])}{_more(other)}"
        raise DataError(
            f"the test set {test.label} has other types of {named} than {source.label}",
            hint="write both with the same types; `nulls: [...]` under `test:` names its texts for missing values",
        )
    both = pl.concat([theirs.select(schema.names()).lazy(), ours], how="vertical_relaxed")
    told = OfficialTest(test.label, theirs.height, sources.digest(test, folder), sources.digest(source, folder))
    return both.select(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW), pl.all()), told


def spelled(told: OfficialTest | None) -> dict[str, str]:
    """Spell a test set as a note on the table; nothing where there is none."""
    return {} if told is None else {_NOTE: json.dumps(asdict(told))}


def noted(path: Path) -> OfficialTest | None:
    """Read the test set of a table off its file; None where it has none, or the file cannot be read."""
    try:
        note = pl.read_parquet_metadata(path).get(_NOTE)
        return None if note is None else OfficialTest(**json.loads(note))
    except (OSError, ValueError, TypeError, pl.exceptions.PolarsError):
        return None


def rows_of(path: Path) -> int:
    """Say how many rows of a table are the test set's, numbered from 0; raises IntegrityError where nothing says it."""
    told = noted(path)
    if told is None or told.rows < 1:
        raise IntegrityError(f"{path.name} does not say which rows are the test set's", hint="mlops stage validate")
    return told.rows


def entities(learnt: pl.Series, judged: pl.Series) -> Check:
    """Count the things that a test set is about and that are learnt from, too: of these it tells too much good.

    >>> entities(pl.Series("person", [1, 2, 3]), pl.Series("person", [3, 4])).message
    '1 of 2 values of the entity `person` in the test set are learnt from, too'
    """
    known = judged.drop_nulls().unique()
    failed = int(known.is_in(learnt.drop_nulls().unique().implode()).sum())
    words = f"{failed:,} of {known.len():,} values of the entity `{judged.name}` in the test set are learnt from, too"
    return Check("entity_overlap", judged.name, "warn", failed, known.len(), words if failed else "")


def _refuse_other(ours: list[str], theirs: list[str], source: Source, test: Source) -> None:
    lacks, more = [name for name in ours if name not in theirs], [name for name in theirs if name not in ours]
    if not lacks and not more:
        return
    said = [
        f"{what} {', '.join(f'`{name}`' for name in names[:_SHOWN])}{_more(names)}"
        for what, names in (("lacks", lacks), ("has besides", more))
        if names
    ]
    raise DataError(
        f"the test set {test.label} has other columns than {source.label}: it {' and '.join(said)}",
        hint="give both the same header; `header: false` with `names` under `test:` names those of a file without one",
    )


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""


def _alike(one: pl.DataType, other: pl.DataType) -> bool:
    """Whether columns go below each other without a value that reads otherwise: numbers do, and what is all missing."""
    return one == other or pl.Null in (one, other) or (one.is_numeric() and other.is_numeric())
