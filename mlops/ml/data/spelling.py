"""How a column of a text file spells its values, and other values spelt in the same way.

A column is read as a whole, by the one decimal sign and the one form of dates that it shows. Rows that join it later
must be spelt like those that are there, or neither can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from mlops.blocks.number_form import NumberForm
from mlops.errors import DataError
from mlops.files.truth_text import FALSE, NOUGHTS, ONES, TRUE
from mlops.ml.data import moments, numbers, types
from mlops.ml.data.names import ROWS, VALUE, counted

if TYPE_CHECKING:
    from mlops.blocks.column_rule import ColumnType

_ZONED = "%Y-%m-%dT%H:%M:%S%.fZ"
_MINUTE = 60_000_000  # microseconds; nothing that is learnt from a time is finer


@dataclass(frozen=True)
class Spelling:
    """The spelling of one column: its type, and what goes with it.

    `number` is how numbers are written, `words` stand for true and false, `style` is the form of dates and times.
    """

    type: ColumnType
    number: NumberForm | None = None
    words: tuple[str, str] = ("true", "false")
    style: str = ""

    @classmethod
    def of(cls, texts: pl.Series, declared: ColumnType | None = None, number: NumberForm | None = None) -> Spelling:
        """Look at a column as it stands in the file; its type is found as the pipeline finds it."""
        settled = types.settle(texts, declared, number)
        found = settled.type
        if found in ("int", "float"):
            return cls(found, number=settled.number)
        if found == "bool":
            return cls(found, words=_words(texts))
        if found in ("date", "datetime"):
            return cls(found, style=moments.style(texts.str.strip_chars(), found) or _ZONED)
        return cls(found)

    def spelled(self, values: pl.Series) -> pl.Series:
        """Spell values of a log or of labels, whichever way they are spelt there.

        Raises:
            DataError: some are not of the column's type, or the column's form of dates has no place for them.
        """
        known = self._read(values)
        if lost := known.null_count() - _absent(values):
            raise DataError(
                f"{lost:,} of {len(values):,} new values of `{values.name}` are not of type {self.type}, as the "
                "source's are",
                hint="look at `monitor.labels`, and at `columns:`",
            )
        text = self._text(known).rename(values.name)
        if self.style and (lost := self._lost(known, text)):
            raise DataError(
                f"{lost:,} of {len(values):,} new values of `{values.name}` say more than its dates in the source do, "
                f"which are spelt `{self.style}`",
                hint="send what the source has, or write the source's dates as 2026-11-21T08:30:00",
            )
        return text

    def _read(self, values: pl.Series) -> pl.Series:
        """Read values as this column is read, and those that are spelt otherwise by their own look."""
        if values.dtype == pl.String:
            text = values.str.strip_chars()
            if self.style:
                own = moments.in_style(text, self.type, self.style)
                if own.null_count() == text.null_count():
                    return own
            if self.number is not None:
                own = numbers.read(text, self.number)
                values = own if own.null_count() == text.null_count() else values
        known = types.cast(values, self.type)
        if self.type == "int" and known.null_count() > _absent(values):
            return types.cast(values, "float")  # whole so far; whether it must stay so is for `validate` to say
        return known

    def _text(self, known: pl.Series) -> pl.Series:
        if self.number is not None:
            return _in_form(known, self.number)
        if self.type == "bool":
            return known.replace_strict([True, False], self.words, return_dtype=pl.String)
        if self.style:
            return known.dt.strftime(self.style)
        return known.cast(pl.String)

    def _lost(self, known: pl.Series, text: pl.Series) -> int:
        """Count the values that would be read as another moment, a minute or more apart."""
        apart = known.cast(pl.Datetime("us")).to_physical() - self._read(text).cast(pl.Datetime("us")).to_physical()
        return known.len() - known.null_count() - int((apart.abs() < _MINUTE).sum())


def _absent(values: pl.Series) -> int:
    return int(values.fill_nan(None).null_count() if values.dtype.is_float() else values.null_count())


def _words(texts: pl.Series) -> tuple[str, str]:
    """Find the commonest word for true and for false; where there is but one, the other is its opposite."""
    ranked = counted(texts.str.strip_chars().drop_nulls())
    words = ranked.sort([ROWS, VALUE], descending=[True, False]).get_column(VALUE)
    truth = types.cast(words, "bool")
    yes, no = words.filter(truth).to_list(), words.filter(~truth).to_list()
    pairs = (*zip(TRUE, FALSE, strict=True), *zip(ONES, NOUGHTS, strict=True))
    if not yes:
        return _like(no[0], {false: true for true, false in pairs}), no[0]
    return yes[0], no[0] if no else _like(yes[0], dict(pairs))


def _like(word: str, opposites: dict[str, str]) -> str:
    """Give the opposite of a word, in capitals or lower case as the word itself."""
    found = opposites[word.lower()]
    return found.upper() if word.isupper() else found.title() if word.istitle() else found


def _in_form(known: pl.Series, form: NumberForm) -> pl.Series:
    """Spell numbers without an exponent: `1e-7` would hide the signs of the whole column."""
    spelled = [None if value is None else form.text.spelled(f"{Decimal(str(value)):f}") for value in known.to_list()]
    return pl.Series(spelled, dtype=pl.String)
