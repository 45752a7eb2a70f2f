"""Which texts are sentences, whose words may be learnt from, and what to ask about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlops.blocks.column_rule import ColumnType

if TYPE_CHECKING:
    import polars as pl

    from mlops.ml.data.types import Settled

_SAMPLE = 2_000
_WORDS = 4.0
_FEW_WORDS, _MOST = 3, 0.5
"""Names and addresses have two to four words, sentences nearly always more than two."""
_DISTINCT = 50
_WORD = r"\p{L}{2,}"
_REACHES = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}|\+\d[\d\s()./-]{6,20}\d")
_TOLD = 0.01


def found(values: pl.Series, kind: ColumnType) -> bool:
    """Tell sentences from names and codes: most values are their own, and of several words each.

    >>> import polars as pl
    >>> found(pl.Series([f"the parcel {n} came too late again" for n in range(90)]), "string")
    True
    >>> found(pl.Series([f"Main Street {n}" for n in range(90)]), "string")
    False
    """
    if kind != "string":
        return False
    known = values.drop_nulls()
    distinct = known.n_unique()
    if distinct <= _DISTINCT and 2 * distinct <= known.len():
        return False
    words = known.head(_SAMPLE).str.count_matches(_WORD)
    return float(words.mean() or 0) >= _WORDS and float((words >= _FEW_WORDS).mean() or 0) >= _MOST  # type: ignore[arg-type]  # numbers


def told_apart(settled: Mapping[str, Settled], target: str | None = None) -> dict[str, Settled]:
    """Give columns of sentences the type `text`; a target is a class, however long its name."""
    return {
        name: replace(column, type="text") if name != target and found(column.values, column.type) else column
        for name, column in settled.items()
    }


def doubt(values: pl.Series) -> str:
    """Say that the words of a column are learnt from, and that they may be about persons; no value of it is told.

    >>> import polars as pl
    >>> print(doubt(pl.Series("note", ["call me", "write to ann@a.org"])))
    `note` holds sentences: its words are learnt from, and prediction logs keep it; 1 of 2 values looked at hold an \
e-mail address or a telephone number; write `personal: true` in its rule to leave it out, `type: category` if a whole \
value means something
    """
    looked = values.drop_nulls().head(_SAMPLE).to_list()
    reaching = sum(_REACHES.search(str(text)) is not None for text in looked)
    persons = ""
    if reaching and reaching >= _TOLD * len(looked):
        persons = f"{reaching:,} of {len(looked):,} values looked at hold an e-mail address or a telephone number; "
    return (
        f"`{values.name}` holds sentences: its words are learnt from, and prediction logs keep it; {persons}"
        "write `personal: true` in its rule to leave it out, `type: category` if a whole value means something"
    )
