"""Columns computed from others, rows kept by a condition, and tables joined: what a snapshot makes before its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.blocks.derived import reads
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.derive import derive, rows_where, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from mlops.blocks.column_rule import ColumnType
    from mlops.blocks.where import Where
    from mlops.ml.data.contract import Contract
    from mlops.ml.data.joining import Joined


def computed_from(params: Contract) -> set[str]:
    """Name the columns that others are computed from."""
    return {name for each in params.derive.values() for name in reads(each)}


def derived(
    frame: pl.DataFrame, types: Mapping[str, ColumnType], params: Contract
) -> tuple[pl.DataFrame, dict[str, ColumnType]]:
    """Add the columns that are computed of one row; what is learnt of many is the transform's, and only typed here.

    Raises:
        ConfigurationError: a column cannot be computed.
    """
    if params.later:
        steps(params.derive, types)
    return derive(frame, types, {name: each for name, each in params.derive.items() if name not in params.later})


def asked_by(where: Where | None) -> set[str]:
    """Name the columns that decide whether a row is kept."""
    return set() if where is None else set(reads(where.keep))


def matched(joined: Iterable[Joined]) -> list[Check]:
    """Say of each table that was joined how many rows it has nothing for."""
    return [
        Check("join", None, "warn", each.unmatched, each.rows, each.sentence if each.unmatched else "")
        for each in joined
    ]


def kept(frame: pl.DataFrame, types: Mapping[str, ColumnType], where: Where) -> tuple[pl.DataFrame, Check]:
    """Keep the rows that a condition is true of, and say how many they are; too few of them block.

    Raises:
        ConfigurationError: the condition cannot be computed from these columns.
    """
    total = frame.height
    left, unknown = rows_where(frame, types, where.keep)
    words = f"{left.height:,} of {total:,} rows kept by `where`"
    words += f"; of {unknown:,} others it is not known whether they belong" if unknown else ""
    if left.height < where.at_least:
        words += f", fewer than the {where.at_least:,} that it must leave"
        return left, failure("where", None, words, failed=total - left.height, total=total)
    return left, Check("where", None, "warn", total - left.height, total, words)
