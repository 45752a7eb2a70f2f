"""Which columns are the pixels of an image: many of one numbered name, whole, from 0 to one common brightness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

import polars as pl

from mlops.blocks.column_rule import ColumnType

_NUMBERED = re.compile(r"(?P<stem>.*?)[ _.-]?\d+([ _.x-]\d+)*")
_LEAST = 36
"""Fewer columns are a questionnaire or a series rather than an image."""
_BRIGHTEST = (15, 255)
"""What the common maximum lies between: 16 of the digits of UCI, 255 of a byte; a scale of answers ends before."""


def find(frame: pl.DataFrame, kinds: Mapping[str, ColumnType]) -> frozenset[str]:
    """Name the columns that look like pixels; none where fewer than 36 hang together.

    Example:
        >>> brightness = {f"p{place}": [0, 16, place % 17] for place in range(40)}
        >>> len(find(pl.DataFrame(brightness), dict.fromkeys(brightness, "int")))
        40
    """
    named = sorted((_stem(name), name) for name, kind in kinds.items() if kind in ("int", "float") and _stem(name))
    groups = [[name for _, name in group] for _, group in groupby(named, key=lambda pair: pair[0])]
    return frozenset(name for group in groups if len(group) >= _LEAST and _image(frame, group) for name in group)


def _stem(name: str) -> str:
    found = _NUMBERED.fullmatch(name)
    return "" if found is None else f"{found['stem']}#"


def _image(frame: pl.DataFrame, names: Iterable[str]) -> bool:
    values = [frame[name].cast(pl.Float64).drop_nulls() for name in names]
    known = [column for column in values if column.n_unique() > 1]
    if len(known) * 2 < len(values) or not all(bool(((column >= 0) & (column % 1 == 0)).all()) for column in known):
        return False
    tops = [float(column.max()) for column in known]  # type: ignore[arg-type]  # numbers, and there are some
    dark, brightest = sum(column.min() == 0 for column in known), max(tops)
    bright = sum(top >= brightest / 2 for top in tops)
    return _BRIGHTEST[0] <= brightest <= _BRIGHTEST[1] and min(dark, bright) * 2 >= len(known)
