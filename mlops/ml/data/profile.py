"""How the values of columns are spread, in aggregates: a few bins a column, none with fewer than 20 rows behind it.

Edges are rounded and lie between values, the outermost bins are open, rare texts are counted together, and a text is
told only where the column is declared public; elsewhere a short digest stands for it, which compares as well. Sentences
(`type: text`) are spread by their length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from mlops.blocks.column_rule import TEXTS, ColumnType
from mlops.documents.data import Spread
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.ml.data.sample import spots
from mlops.statistics import bins, drift

LEAST_BEHIND = 20
"""Rows that each bin and each named text stands for, so that no person can be told from it."""
_LEVELS = 20
_COLUMNS = 200
_NUMBERS = ("int", "float", "bool")
OTHERS = "*"


def profiles(
    frame: pl.DataFrame, column_types: Mapping[str, ColumnType], names: Sequence[str], public: Collection[str]
) -> dict[str, Spread]:
    """Spread columns, at most 200; one with too few rows to hide in has none."""
    found = {name: profile(frame[name], column_types[name], public=name in public) for name in names[:_COLUMNS]}
    return {name: value for name, value in found.items() if value is not None}


def profile(values: pl.Series, found: ColumnType, *, public: bool = False) -> Spread | None:
    """Spread one column: `edges` and `counts` of a number or moment, `levels` by text."""
    present = values.drop_nulls()
    if present.len() < 2 * LEAST_BEHIND or found == "image":
        return None
    present, found = _measured(present, found)
    if found in TEXTS:
        return _levels(present, public=public)
    numbers = numeric(present, found)
    known = np.isfinite(numbers)
    finite = numbers if known.all() else numbers[known]
    edges = bins.edges(finite[spots(len(finite))], least=LEAST_BEHIND)  # of very many values some say where to cut
    return Spread(edges=tuple(edges), counts=tuple(drift.counts(numbers, edges).tolist())) if edges else None


def compare(reference: Spread, values: pl.Series, found: ColumnType) -> dict[str, float]:
    """Compute every drift statistic of a column against a profile; `nan` where the two have nothing in common."""
    present, found = _measured(values.drop_nulls(), found)
    if reference.edges and found not in TEXTS:
        current = drift.counts(numeric(present, found), reference.edges)
        return drift.all_of(reference.counts, current, reference.edges)
    if reference.levels is not None and found in TEXTS:
        return between(reference, Spread(levels=_counted(present))) or {}
    return {}


def between(reference: Spread, current: Spread) -> dict[str, float] | None:
    """Compute the drift statistics of two profiles; None where they cannot be laid over each other, or in one bin."""
    if reference.levels is not None and current.levels is not None:
        laid = _aligned(reference.levels, current.levels)
        return drift.all_of(*laid) if len(laid[0]) > 1 else None
    if reference.edges and current.edges:
        edges, left, right = _common(reference, current)
        return drift.all_of(left, right, edges) if edges else None
    return None


def numeric(values: pl.Series, found: ColumnType) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read numbers as they are, and moments in days since 1970."""
    if found in ("date", "datetime"):
        return values.cast(pl.Datetime("us")).to_physical().cast(pl.Float64).to_numpy() / 86_400e6
    return np.asarray(values.cast(pl.Float64).to_numpy(), dtype=np.float64)


def _measured(present: pl.Series, found: ColumnType) -> tuple[pl.Series, ColumnType]:
    """Spread sentences by how many characters they have: each is another, and tells of whoever wrote it."""
    return (present.cast(pl.String).str.len_chars().cast(pl.Int64), "int") if found == "text" else (present, found)


def _levels(present: pl.Series, *, public: bool) -> Spread:
    ranked = counted(present).sort([ROWS, VALUE], descending=[True, False])
    rows = [(str(level), int(count)) for level, count in ranked.head(_LEVELS).iter_rows()]
    told = [(level, count) for level, count in rows if count >= LEAST_BEHIND]
    levels = {level if public else digested(level): count for level, count in told}
    rest = present.len() - sum(levels.values())
    if 0 < rest < LEAST_BEHIND and levels:  # what is left must hide its rows as well
        rest += levels.pop(min(levels, key=lambda level: (levels[level], level)))
    return Spread(levels=levels | ({OTHERS: rest} if rest else {}))


def _counted(present: pl.Series) -> dict[str, int]:
    return {str(level): int(count) for level, count in counted(present).iter_rows()}


def digested(level: str) -> str:
    """Name a text by the start of its SHA-256."""
    return "#" + hashlib.sha256(level.encode()).hexdigest()[:8]


def _aligned(reference: Mapping[str, int], current: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Lay the counts over each other; what either side does not name is among the others."""
    sides = [{_key(level): count for level, count in side.items()} for side in (reference, current)]
    known = [set(side) for side in sides if OTHERS in side]  # only what a folded side names can be told apart
    names = sorted((set.intersection(*known) if known else set(sides[0]) | set(sides[1])) - {OTHERS})
    laid = []
    for side in sides:
        named = [side.get(name, 0) for name in names]
        laid.append([*named, sum(side.values()) - sum(named)])
    return laid[0], laid[1]


def _key(level: str) -> str:
    return level if level == OTHERS or (level.startswith("#") and len(level) == 9) else digested(level)


def _common(reference: Spread, current: Spread) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
    """Spread both over the edges of both, as if values lay evenly between two edges; open bins stay whole."""
    if reference.edges == current.edges:
        return reference.edges, reference.counts, current.counts
    low = max(reference.edges[0], current.edges[0])
    high = min(reference.edges[-1], current.edges[-1])
    edges = sorted({edge for side in (reference, current) for edge in side.edges if low <= edge <= high})
    if not edges:
        return [], [], []
    laid = []
    for side in (reference, current):
        below = np.interp(edges, side.edges, np.cumsum(side.counts)[:-1])
        laid.append(np.diff([0.0, *below, float(sum(side.counts))]).tolist())
    return edges, laid[0], laid[1]
