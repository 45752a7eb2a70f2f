"""Texts that mean a missing value, and texts that keep a column from being what nearly all of it is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from mlops.blocks.column_rule import TEXTS
from mlops.ml.data import moments, numbers, types
from mlops.ml.data.moments import SAMPLE

_EXCEL = "#n/a #na #div/0! #value! #ref! #name? #num! #null! #getting_data #spill! #calc! #nv #wert! #bezug! #zahl!"
_FURTHER = "#n/d #valeur! #nombre! #¡div/0! #¡valor! #¡ref! #¿nombre? #¡num!"
_PROGRAMS = r"n/a n.a. nan -nan null (null) <null> [null] <na> \n ? 1.#ind -1.#ind 1.#qnan"
SURE = frozenset(("", *" ".join((_EXCEL, _FURTHER, _PROGRAMS)).split()))
"""What programs write for a missing value or an error, in small letters and without blanks around, which may be all
there is: nobody writes it for a value."""
USUAL = frozenset(("na", "none", "nil", "-", "--", "---", ".", "..", "...", "missing", "undefined"))
"""What people write for one, and for a value too: it counts where it stands between numbers, dates or truths."""

_FEW = 20
"""A column of no more numbers than these may be levels, `3+` among them."""
_NEARLY = 0.8
_SHOWN = 5
_SHORT = 20


def null_texts(raw: pl.DataFrame) -> tuple[str, ...]:
    """List the texts that mean a missing value in this table, as they are spelt there.

    A usual one that keeps a column from being numbers, dates or truths does; so does one that nobody else writes.
    """
    found: set[str] = set()
    for series in (raw[name] for name in raw.columns if raw.schema[name] == pl.String):
        found.update(_null_texts(series))
    return tuple(sorted(found))


def _null_texts(series: pl.Series) -> Iterator[str]:
    word = series.str.strip_chars().str.to_lowercase()
    known = word.is_in([*SURE, *USUAL])
    present = series.filter(known).unique().drop_nulls()
    if present.is_empty() or types.settle(series).type not in TEXTS:
        return
    cleaned = series.set(known, None)
    if cleaned.null_count() < len(series) and types.settle(cleaned).type not in TEXTS:
        yield from present
    yield from present.filter(present.str.strip_chars().str.to_lowercase().is_in([*SURE]))


def odd_texts(series: pl.Series, *, show: bool = True) -> str:
    """Say of a text column that nearly all of it is numbers or dates, and what the rest is; empty of any other.

    Without `show` no value is told.

    >>> print(odd_texts(pl.Series("a", [*map(str, range(40)), "lost"])))
    40 of 41 values of `a` are numbers, the others are 'lost': write `nulls: ["", "lost"]`, or correct them
    """
    present = series.drop_nulls()
    sample = present.head(SAMPLE)  # most texts are nothing else, and there may be many
    if zone := moments.named_zone(sample):
        return (
            f"`{series.name}` looks like times with the name of a zone, as {zone}: write them as 2030-12-31T08:30:00Z"
        )
    if numbers.loose(sample).all() and (doubt := numbers.doubt(series)):
        return doubt
    if types.is_code(present) or 2 * _best(sample)[1].null_count() > sample.len():
        return ""
    if doubt := numbers.doubt(series):
        return doubt
    what, read = _best(present)
    fitting = present.len() - read.null_count()
    if not _NEARLY * present.len() <= fitting < present.len() or read.drop_nulls().n_unique() <= _FEW:
        return ""
    others = sorted(present.filter(read.is_null()).unique().to_list())
    told = f"{len(others):,} other text{'s' * (len(others) > 1)}: name what means a missing value in `nulls:`"
    if show and len(others) <= _SHOWN and max(map(len, others)) <= _SHORT:
        told = f"{', '.join(map(repr, others))}: write `nulls: {json.dumps(['', *others], ensure_ascii=False)}`"
    told += ", or correct them"
    return f"{fitting:,} of {present.len():,} values of `{series.name}` are {what}, the others are {told}"


def _best(present: pl.Series) -> tuple[str, pl.Series]:
    """Read texts as what most of them are: numbers, of the one form that those show, dates or times."""
    form = numbers.look(present.filter(numbers.loose(present)))
    kinds = {"numbers": types.cast(present, "float", form), "dates": types.cast(present, "date")}
    kinds["times"] = types.cast(present, "datetime")
    return min(kinds.items(), key=lambda kind: kind[1].null_count())
