"""Values that are not of the type a column was given: which they are, and what to write.

A value itself is told of a column that is declared public alone; of any other its row is, and blanks, which tell nobody
anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection

import polars as pl

from mlops.blocks.column_rule import TEXTS
from mlops.ml.data import numbers, types
from mlops.ml.data.types import Settled

_SHOWN = 5
_LOOKED = 1_000
_CLIPPED = 40


def lost(raw: pl.Series, settled: Settled) -> pl.Series:
    """Tell of each value whether the type has no place for it. NaN, which is missing where numbers are, is not counted.

    >>> raw = pl.Series(["1", "x", None, "NaN"])
    >>> lost(raw, types.settle(raw, "float")).to_list()
    [False, True, False, False]
    """
    found = settled.values.is_null() & raw.is_not_null()
    if settled.type != "float":
        return found
    if raw.dtype.is_float():
        return found & ~raw.is_nan()
    if raw.dtype == pl.String:
        return found & (raw.str.to_lowercase().str.strip_chars() != "nan").fill_null(value=False)
    return found


def sentence(raw: pl.Series, settled: Settled, *, public: bool) -> str:
    """Say how many values are not of their type, where the first stands, counted from 1, and what to write.

    >>> raw = pl.Series("age", ["30", "lost"])
    >>> print(sentence(raw, types.settle(raw, "int"), public=False))
    1 of 2 values of `age` are not of type int, the first in row 2: name what means a missing value in `nulls:` under \
`source:`, write `type: string` if they are values, or correct them; `public: true` of the column shows them
    >>> print(sentence(raw, types.settle(raw, "int"), public=True))
    1 of 2 values of `age` are not of type int, 'lost' in row 2: write `nulls: ["", "lost"]` under `source:` if that \
means a missing value, `type: string` if they are values, or correct them
    """
    misfit = lost(raw, settled)
    others = sorted({str(value) for value in raw.filter(misfit).head(_LOOKED)})
    told = public or not any(other.strip() for other in others)
    first = misfit.arg_max() or 0
    where = f"{str(raw[first])[:_CLIPPED]!r} in row {first + 1:,}" if told else f"the first in row {first + 1:,}"
    words = f"{settled.failed:,} of {len(raw):,} values of `{raw.name}` are not of type {settled.type}, {where}"
    return f"{words}: {_cure(raw, settled, others if told else ())}"


def blanks(raw: pl.Series) -> tuple[str, ...]:
    """List the texts that are nothing but blanks, as they are spelt; the empty one, which has none, is not among them.

    >>> blanks(pl.Series(["a", " ", "", None, "  ", " "]))
    (' ', '  ')
    """
    if raw.dtype != pl.String:
        return ()
    return tuple(sorted(raw.filter(raw.str.contains(r"^\s+$")).unique().drop_nulls()))


def _cure(raw: pl.Series, settled: Settled, told: Collection[str]) -> str:
    """Say what to write: another type that fits all values, a form of numbers, or texts that mean a missing value."""
    fitting = types.settle(raw)
    if not fitting.failed and fitting.type not in (*TEXTS, settled.type):
        return f"`type: {fitting.type}` fits all of them; or correct them"
    if raw.dtype != pl.String:
        return "correct them, or leave the column out by `exclude`"
    if doubt := numbers.doubt(raw):
        return doubt
    keep = "`type: string` if they are values, or correct them"
    if told and len(told) <= _SHOWN and max(map(len, told)) <= _CLIPPED:
        nulls = json.dumps(["", *(text for text in told if text)], ensure_ascii=False)
        return f"write `nulls: {nulls}` under `source:` if that means a missing value, {keep}"
    show = "" if told else "; `public: true` of the column shows them"
    return f"name what means a missing value in `nulls:` under `source:`, write {keep}{show}"
