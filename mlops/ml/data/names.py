"""Names for columns of our own, which no table has: whoever brings a table names its columns, `count` and `rows` too.

A column of ours stands in a table without theirs (`counted`), or beside theirs under a name that none may bring
(`helper`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlops.blocks.column_name import OURS, kept_for
from mlops.errors import DataError

if TYPE_CHECKING:
    import polars as pl

VALUE, ROWS = "value", "rows"
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def apart(name: str) -> str:
    """Put the words of a name apart.

    >>> apart("birthDate")
    'birth_Date'
    """
    return _CAMEL.sub("_", name)


def helper(word: str) -> str:
    """Name a column of ours that stands beside those of a table for a moment."""
    return OURS + word


def refuse_kept(names: Iterable[str], label: str) -> None:
    """Raise DataError for the first column of a table, called `label`, that bears a name kept for something else."""
    for name in names:
        if purpose := kept_for(name):
            raise DataError(f"{label} has a column `{name}`, a name kept for {purpose}", hint="rename it")


def counted(values: pl.Series, *, sort: bool = False) -> pl.DataFrame:
    """Count how often each value occurs, in columns VALUE and ROWS whatever the series is called.

    >>> import polars as pl
    >>> counted(pl.Series("count", [3, 3])).rows()
    [(3, 2)]
    """
    return values.alias(VALUE).value_counts(name=ROWS, sort=sort)
