"""Rows of validation and test that were also learnt from: exact copies, near copies, shared things and times.

A copy counts only where rows tell enough to be told apart: in a table of five yes-or-no columns equal rows are chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from mlops.blocks.column_name import typed
from mlops.ml.data import distinct_values, near_copies, sample
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import PART, Divided

_TOLERATED = 0.01
_LEAST = 5
_QUERIES = 1_000
_LEAST_TRAIN = 100
_DISTINCT = 20
_TWO = 2


def exact(parts: Divided, columns: Sequence[str]) -> Check:
    """Count rows of validation and test that equal a row of train in `columns`, the target among them."""
    train, held = parts.train, parts.held
    if not tells_rows_apart(train, columns):
        return Check("duplicates_across_splits", None, "block", 0, held.height)
    known, asked = (np.sort(rows.select(columns).hash_rows(seed=0).to_numpy()) for rows in (train, held))
    places = np.searchsorted(known, asked).clip(max=known.size - 1)  # of what is sorted a million take no time
    failed = int((known[places] == asked).sum())
    words = f"{failed:,} of {held.height:,} rows of validation and test are copies of rows of train"
    return _judged("duplicates_across_splits", failed, held.height, words)


def across(frame: pl.DataFrame, folds: pl.Series, columns: Sequence[str]) -> Check:
    """Count rows that equal a row of another fold in `columns`, the target among them."""
    if not tells_rows_apart(frame, columns):
        return Check("duplicates_across_splits", None, "block", 0, frame.height)
    placed = pl.DataFrame([frame.select(columns).hash_rows(seed=0).alias(VALUE), folds.alias(PART)])
    failed = int(placed.select((pl.col(PART).n_unique().over(VALUE) > 1).sum()).item())
    words = f"{failed:,} of {frame.height:,} rows are copies of rows of another fold"
    return _judged("duplicates_across_splits", failed, frame.height, words)


def near(parts: Divided, columns: Sequence[str]) -> Check:
    """Count rows of a sample of test that lie nearer to a row of train than honest rows do.

    `columns` are features. Train is cut into 32 blocks; the median of a row's distances to the nearest row of each
    tells how dense the data is around it, which a copy or two does not change. From the spread of these distances
    follows the dimension D of the data, and from both the radius within which 1e-4 rows are expected, as their number
    grows with the D-th power of the radius (after Levina and Bickel, 2005). Columns of few values, and texts, must be
    equal: brothers and sisters of one household are near, but not copies.
    """
    train, test = parts.train, parts.test
    rows = min(test.height, _QUERIES)
    if not near_copies.comparable(train, columns) or not rows:
        return Check("near_duplicates_across_splits", None, "block", 0, rows)
    asked = test[sample.places(test[ROW], rows, seed=1)] if ROW in test.columns else test.head(rows)
    failed = near_copies.twins(asked, train, columns)[0].size
    words = f"{failed:,} of {rows:,} rows of test are almost copies of rows of train"
    return _judged("near_duplicates_across_splits", failed, rows, words)


def times(parts: Divided, column: str, *, ordered: bool) -> Check | None:
    """Count rows of validation and test that are not younger than every row of train; None where there is no time.

    A split by time must have none; any other split of rows that carry a time is told about it.
    """
    train, held = parts.train[column], parts.held[column]
    newest = train.max()
    if newest is None:
        return None
    failed = int((held <= newest).sum())
    words = f"{failed:,} of {held.len():,} rows of validation and test are not younger than all of train, by `{column}`"
    return Check("time_overlap", column, "block" if ordered else "warn", failed, held.len(), words if failed else "")


def dates(parts: Divided, columns: Sequence[str], entity: str | None = None) -> list[Check]:
    """Tell in one line about all the dates of a split that is not by time, and how it would be one.

    Only a date that every row has can order them. Rows of an `entity` stand in one part, which time would cut through.
    """
    found = [check for column in columns if (check := times(parts, column, ordered=False)) is not None]
    complete = [column for column in columns if not any(part[column].null_count() for part in parts)]
    return _at_once(found, complete, entity)


def dates_across(frame: pl.DataFrame, folds: pl.Series, columns: Sequence[str], entity: str | None) -> list[Check]:
    """Tell in one line about all the dates of rows that are dealt into folds whatever their time."""
    found = [check for column in columns if (check := _times_across(frame[column], folds)) is not None]
    return _at_once(found, [column for column in columns if not frame[column].null_count()], entity)


def _times_across(values: pl.Series, folds: pl.Series) -> Check | None:
    """Count the rows whose judge saw rows as young, or younger; None where there is no time."""
    known = pl.DataFrame([values.alias(VALUE), folds.alias(PART)]).drop_nulls(VALUE)
    newest = known.group_by(PART).agg(pl.col(VALUE).max()).sort(VALUE, PART, descending=True)
    if newest.height < _TWO:
        return None
    last, others = newest[PART][0], newest[VALUE]
    bound = pl.when(pl.col(PART) == last).then(pl.lit(others[1])).otherwise(pl.lit(others[0]))
    failed = int(known.select((pl.col(VALUE) <= bound).sum()).item())
    words = (
        f"folds mix rows of all times, by `{values.name}`: {failed:,} of {known.height:,} rows are judged by a model "
        "that saw rows as young, or younger"
    )
    return Check("time_overlap", values.name, "warn", failed, known.height, words if failed else "")


def _at_once(found: list[Check], complete: Sequence[str], entity: str | None) -> list[Check]:
    """Make one line of what was found of each date; one that every row has may order them."""
    late = [check for check in found if not check.passed]
    if not late:
        return found
    worst = max(late, key=lambda check: check.failed)
    others = f", and likewise by {len(late) - 1} other dates" if len(late) > 2 else ""
    others = ", and likewise by one other date" if len(late) == 2 else others
    dated = [check.column for check in (worst, *late) if check.column is not None]
    ordering = [column for column in dated if column in complete]
    words = f"{worst.message}{others}" + (_by_time(ordering[0], entity) if ordering else "")
    return [*(check for check in found if check.passed), replace(worst, message=words)]


def _by_time(column: str, entity: str | None) -> str:
    """Say what to write for a split by time; the entity's rows are then in several parts, and it is a key."""
    words = f"; if the model is to predict what comes, write `split: {{by: time, key: {typed(column)}}}`"
    return words if entity is None else f"{words} and name `{typed(entity)}` in `keys:` in place of `entity:`"


def things(parts: Divided, column: str) -> Check | None:
    """Count the values of a key that several rows share and that are in more than one part."""
    known = [rows[column].drop_nulls() for rows in parts]
    every = pl.concat(known)
    total = distinct_values.count(every)
    if every.len() - total < _LEAST or total < _DISTINCT:  # so few are repeated: to count them takes far longer
        return None
    failed = int((counted(pl.concat([values.unique() for values in known]))[ROWS] > 1).sum())
    # what is in two parts is repeated; only of few such values the others must be counted too
    if failed < _LEAST and int((counted(every)[ROWS] > 1).sum()) < _LEAST:
        return None
    words = f"{failed:,} of {total:,} values of the key `{column}` are in more than one part"
    words += f"; if rows of one belong together, write `entity: {typed(column)}` and split by group"
    return Check("entity_overlap", column, "warn", failed, total, words if failed else "")


def _judged(name: str, failed: int, total: int, words: str) -> Check:
    """Block where more than a hundredth are copies; fewer are told, as twins and misprints do not flatter a model."""
    if not too_many(failed, total):
        return Check(name, None, "block", 0, total, f"{words}; fewer than one in a hundred" if failed else "")
    return failure(name, None, words, failed=failed, total=total)


def too_many(failed: int, total: int) -> bool:
    """Tell whether so many copies of so many rows flatter a model."""
    return failed >= max(_LEAST, _TOLERATED * total)


def tells_rows_apart(train: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Tell whether less than one pair of rows is expected to be equal by chance, were half of what columns tell new.

    A column tells -log2 Σ p² bits (collision entropy), one with another value in most rows more than can be measured;
    columns repeat each other, so only half of the sum counts. Of many rows a sample tells it.
    """
    many = train.height > sample.MOST
    known = train.select(columns)
    rows = (known[sample.spots(train.height)] if many else known).unique()
    if rows.height < _LEAST_TRAIN:
        return False
    needed = 2 * math.log2(train.height if many else rows.height)
    return sum(_bits(rows[name], needed, drawn=many) for name in columns) / 2 > needed


def _bits(values: pl.Series, needed: float, *, drawn: bool) -> float:
    """Measure what a column tells, where `needed` bits tell all rows apart."""
    most = (4.0 if values.dtype == pl.Binary else 1.5) * needed  # two pictures are never equal by chance
    many = counted(values).get_column(ROWS).cast(pl.Float64)
    mostly = many.len() > values.len() / 2
    if not drawn:
        shares = many / values.len()
        return most if mostly else -math.log2(float((shares * shares).sum()))
    if mostly:  # what tells the others apart is asked of those: one value may stand for all that are missing
        many = many.sort().head(-1)
    total, equal = float(many.sum()), float((many * (many - 1)).sum())  # pairs: no row meets itself
    return min(most, -math.log2(equal / (total * (total - 1)))) if equal else most
