"""Sets the columns of further tables beside rows: every row stays in its place, and finds at most one row there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from mlops.diagnostics import nearest
from mlops.errors import DataError
from mlops.ml.data import sources, types
from mlops.ml.data.names import helper, refuse_kept
from mlops.ml.data.parquet import ROW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mlops.blocks.join import Earlier
    from mlops.sources.joined import Join

_NOTE = "mlops.joined"
_FOUND, _AT = helper("found"), helper("at")


@dataclass(frozen=True)
class Joined:
    """What a join came to: the table, the rows that found nothing there, of how many; what the table is."""

    table: str
    unmatched: int
    rows: int
    table_rows: int | None = None
    columns: tuple[str, ...] = ()
    digest: str | None = None

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        return f"{self.unmatched:,} of {self.rows:,} rows find nothing in {self.table}"


def spelled(told: Sequence[Joined]) -> dict[str, str]:
    """Spell what joins came to as a note on the table; nothing where there were none."""
    return {_NOTE: json.dumps([asdict(each) for each in told])} if told else {}


def noted(path: Path) -> tuple[Joined, ...]:
    """Read what the joins of a table came to off its file; nothing where there were none."""
    try:
        told = json.loads(pl.read_parquet_metadata(path).get(_NOTE, "[]"))
        return tuple(Joined(**{**each, "columns": tuple(each.get("columns", ()))}) for each in told)
    except (OSError, ValueError, TypeError, AttributeError, pl.exceptions.PolarsError):
        return ()


def join(rows: pl.DataFrame, joins: Sequence[Join], folder: Path) -> tuple[pl.DataFrame, tuple[Joined, ...]]:
    """Set the columns of the tables beside rows, one table after the other, so that a later one may go by an earlier.

    Raises:
        DataError: a key is not there, or stands more than once; a name is taken; too many rows find nothing.
    """
    told = []
    for asked in joins:
        rows, found = _beside(rows, asked, folder)
        told.append(found)
    return rows, tuple(told)


def _beside(rows: pl.DataFrame, asked: Join, folder: Path) -> tuple[pl.DataFrame, Joined]:
    label = asked.source.label
    with sources.reading(asked.source):
        table = sources.scan(asked.source, folder).drop(ROW).collect()
    taken = _taken(rows, table, asked)
    left, right = _keyed(rows, table, asked)
    names = [helper(f"key{index}") for index in range(len(asked.keys))]
    brought = right.select(*names, *([_AT] if asked.as_of else []), _FOUND, *taken.values())
    if asked.as_of is None:
        matched = _same(left, brought, names, label)
    else:
        matched = _latest(left, brought, names, asked.as_of, label)
    both = rows.join(matched.select(ROW, _FOUND, *taken.values()), on=ROW, how="left", maintain_order="left")
    unmatched = both[_FOUND].null_count()
    told = Joined(label, unmatched, rows.height, table.height, tuple(taken), sources.digest(asked.source, folder))
    if asked.unmatched is not None and unmatched > asked.unmatched.at_most * rows.height:
        hint = f"`unmatched: {{at_most: {asked.unmatched.at_most:g}}}` allows fewer; look at how the keys are written"
        raise DataError(told.sentence, hint=hint)
    return both.drop(_FOUND), told


def _taken(rows: pl.DataFrame, table: pl.DataFrame, asked: Join) -> dict[str, str]:
    """Say which columns are taken, and what they are called here."""
    label, theirs = asked.source.label, {*asked.keys.values()}
    at = {asked.as_of.theirs} if asked.as_of else set()
    named = asked.columns if asked.columns is not None else [n for n in table.columns if n not in theirs | at]
    for name in (*theirs, *at, *named):
        _there(name, table, label)
    taken = {name: f"{asked.prefix}{name}" for name in named}
    refuse_kept(taken.values(), label)
    clash = [name for name in taken.values() if name in rows.columns]
    if clash:
        raise DataError(
            f"{label} brings `{clash[0]}`, which is a column of the rows already",
            hint="write `prefix: ...`, or the columns that are wanted: `columns: [...]`",
        )
    return taken


def _there(name: str, table: pl.DataFrame, label: str) -> None:
    if name not in table.columns:
        near = nearest(name, table.columns)
        hint = f"did you mean `{near}`?" if near else f"its columns: {', '.join(table.columns[:20])}"
        raise DataError(f"{label} has no column `{name}`", hint=hint)


def _keyed(rows: pl.DataFrame, table: pl.DataFrame, asked: Join) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set the keys, spelt alike, beside the rows of both; a row without one is left out."""
    keys: list[tuple[pl.Series, pl.Series]] = []
    for here, there in asked.keys.items():
        _there(here, rows, "the table of the rows")
        keys.append(_alike(rows[here], table[there], asked.source.label))
    names = [helper(f"key{index}") for index in range(len(keys))]
    left = pl.DataFrame([rows[ROW], *(one.alias(name) for name, (one, _) in zip(names, keys, strict=True))])
    columns = [table[name].alias(to) for name, to in _taken(rows, table, asked).items()]
    right = pl.DataFrame([*columns, *(other.alias(name) for name, (_, other) in zip(names, keys, strict=True))])
    if asked.as_of is not None:
        _there(asked.as_of.time, rows, "the table of the rows")
        left = left.with_columns(_time(rows[asked.as_of.time], "the table of the rows").alias(_AT))
        right = right.with_columns(_time(table[asked.as_of.theirs], asked.source.label).alias(_AT))
        names = [*names, _AT]
    return left.drop_nulls(names), right.drop_nulls(names).with_columns(pl.lit(value=True).alias(_FOUND))


def _same(left: pl.DataFrame, right: pl.DataFrame, names: list[str], label: str) -> pl.DataFrame:
    _refuse_twice(right, names, label, "their key")
    return left.join(right, on=names, how="inner")


def _latest(left: pl.DataFrame, right: pl.DataFrame, names: list[str], asked: Earlier, label: str) -> pl.DataFrame:
    """Find for each row the latest of its key from before its time."""
    _refuse_twice(right, [*names, _AT], label, "their key and time")
    within = None if asked.within_days is None else timedelta(days=asked.within_days)
    return left.sort(_AT, maintain_order=True).join_asof(
        right.sort(_AT, maintain_order=True),
        on=_AT,
        by=names,
        strategy="backward",
        tolerance=within,
        allow_exact_matches=asked.equal,
        check_sortedness=False,
    )


def _refuse_twice(table: pl.DataFrame, names: list[str], label: str, what: str) -> None:
    twice = int(table.select(pl.struct(names).is_duplicated().sum()).item())
    if twice:
        raise DataError(
            f"{twice:,} of {table.height:,} rows of {label} share {what}, and `cardinality: one` says that none do",
            hint="make one row of each key before, as with `GROUP BY`, or name another column in `by`",
        )


def _alike(here: pl.Series, there: pl.Series, label: str) -> tuple[pl.Series, pl.Series]:
    """Spell two columns of keys alike: whole numbers, dates, or texts as they are written."""
    one, other = _plain(here, "the table of the rows"), _plain(there, label)
    if one.dtype == other.dtype:
        return one, other
    if one.dtype.is_temporal() or other.dtype.is_temporal():
        return types.cast(one, "datetime"), types.cast(other, "datetime")
    return types.cast(one, "string"), types.cast(other, "string")


def _plain(values: pl.Series, label: str) -> pl.Series:
    if values.dtype.is_numeric():
        whole = types.cast(values, "int")
        if whole.null_count() > values.null_count():
            words = f"the key `{values.name}` of {label} is a number with a fraction, or too large"
            raise DataError(words, hint="join by a text or a whole number")
        return whole
    if isinstance(values.dtype, pl.Date | pl.Datetime):
        return values.cast(pl.Date) if values.dtype == pl.Date else types.cast(values, "datetime")
    return types.cast(values, "string")


def _time(values: pl.Series, label: str) -> pl.Series:
    found = types.cast(values, "datetime")
    lost = found.null_count() - values.null_count()
    if lost:
        raise DataError(
            f"{lost:,} of {len(values):,} values of `{values.name}` in {label} are no times",
            hint="write 2030-12-31 or 2030-12-31T08:30:00Z",
        )
    return found
