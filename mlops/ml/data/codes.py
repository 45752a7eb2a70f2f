"""Whole numbers that name something: months, postcodes, kinds of things are no quantities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops.ml.data.names import apart

if TYPE_CHECKING:
    import polars as pl

_ID = r"zip([ _-]?code)?|post(al)?[ _-]?code|plz|(\w+[ _-])?ids?"
_KIND = (
    r"month|weekday|day[ _-]of[ _-]week|dow|quarter|(\w+[ _-])?(code|type|class|category|status)|region|district|county"
    r"|state|branch|store|shop|zone|sector|industry|department"
)
_NAMES, _KINDS = re.compile(_ID, re.IGNORECASE), re.compile(_KIND, re.IGNORECASE)
_FEW, _LISTED = 50, 20
_LEAST, _GAP = 100, 5


def is_code(values: pl.Series) -> bool:
    """Tell whether whole numbers are names: by their column's name, or few of one length with gaps between them.

    >>> import polars as pl
    >>> is_code(pl.Series("month", [1, 2, 3])), is_code(pl.Series("visits", [1, 2, 3]))
    (True, False)
    """
    name, distinct = apart(values.name), values.n_unique()
    if distinct < 3:
        return False
    if _NAMES.fullmatch(name) or (distinct <= _FEW and _KINDS.fullmatch(name)):
        return True
    return distinct <= _LISTED and _has_gaps(sorted(values.unique().to_list()))


def _has_gaps(known: list[int]) -> bool:
    """Tell 101, 205 and 311 from 100, 200 and 300, which are steps of a scale, and from years, which are dense."""
    alike = known[0] >= _LEAST and len(str(known[0])) == len(str(known[-1]))
    return alike and known[-1] - known[0] > _GAP * len(known) and any(value % 5 for value in known)
