"""Rows without a target, and rows of nobody: how many there are, and whether they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.ml.data.checks import Check

if TYPE_CHECKING:
    import polars as pl


def of_target(values: pl.Series, *, dropped: bool) -> Check:
    """Count rows without a target: they block, unless they are left out."""
    if dropped:
        return _counted(values, "target", "; they are left out", blocks=False)
    return _counted(values, "target", "; `drop_null_target: true` leaves them out", blocks=True)


def of_entity(values: pl.Series, budget: float | None) -> Check:
    """Block rows of nobody, but for so large a share as the column's `nulls` declares: each of them stands alone."""
    if not 0 < values.null_count() <= (budget or 0.0) * len(values):
        return _counted(values, "entity", "", blocks=True)
    return _counted(values, "entity", "; each stands alone in the split", blocks=False)


def _counted(values: pl.Series, role: str, consequence: str, *, blocks: bool) -> Check:
    failed, total = values.null_count(), len(values)
    words = f"{failed:,} of {total:,} rows have no value of the {role} `{values.name}`{consequence}"
    return Check(f"{role}_missing", values.name, "block" if blocks else "warn", failed, total, words if failed else "")
