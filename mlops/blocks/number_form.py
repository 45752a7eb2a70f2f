"""`number:` how the numbers of a text column are written."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block

_BLANK = "[ \t\u00a0\u2009\u202f]"
_SIGNS = {" ": _BLANK, "'": "['\u2019]"}


class NumberForm(Block):
    """How the numbers of a text column are written; texts of another form are no numbers."""

    decimal: Literal[".", ","] = "."
    """Sign before the fraction."""
    thousands: Literal[",", ".", " ", "'"] | None = None
    """Sign between thousands, where a number has one."""
    percent: bool = False
    """A `%` follows every number, which stays as it is written: `12.5%` is 12.5."""
    currency: Annotated[str, Field(min_length=1, max_length=5)] | None = None
    """What stands before or after every number, such as `$` or `EUR`."""

    @model_validator(mode="after")
    def _two_signs(self) -> NumberForm:
        if self.decimal == self.thousands:
            raise ValueError(f"`decimal` and `thousands` cannot both be `{self.decimal}`")
        return self

    @cached_property
    def pattern(self) -> str:
        """Give a regular expression whose groups are `(`, a sign, a sign, the whole part, the fraction and `)`.

        Python's `re` and the engine of Polars read it alike.
        """
        between = "" if self.thousands is None else _SIGNS.get(self.thousands, re.escape(self.thousands))
        whole = f"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|[0-9]+" if between else "[0-9]+"
        number = f"({whole})(?:{re.escape(self.decimal)}([0-9]+))?"
        blank, sign, unit = f"{_BLANK}*", "([-+\u2212]?)", re.escape(self.currency or "")
        before, after = (f"(?:{unit}{blank})?", f"(?:{blank}{unit})?") if unit else ("", "")
        share = f"{blank}%" if self.percent else ""
        return f"{blank}(\\(?){blank}{sign}{blank}{before}{sign}{blank}{number}{share}{after}{blank}(\\)?){blank}"

    def plain(self, text: str) -> str | None:
        """Spell a number as every reader knows it; None where the text has another form.

        >>> NumberForm(decimal=",", thousands=".", currency="€").plain("-1.299,99 €")
        '-1299.99'
        """
        found = re.fullmatch(self.pattern, text)
        if found is None or (self.currency or "") not in text:
            return None
        opened, first, second, whole, fraction, closed = found.groups()
        if bool(opened) != bool(closed) or (first and second):
            return None
        minus = bool(opened) != ((first or second) in ("-", "\u2212"))
        digits = re.sub("[^0-9]", "", whole)
        return f"{'-' * minus}{digits}" + ("" if fraction is None else f".{fraction}")

    def spelled(self, plain: str) -> str:
        """Write a number in this form, without signs between thousands.

        >>> NumberForm(decimal=",", percent=True).spelled("12.5")
        '12,5%'
        """
        number = plain.replace(".", self.decimal) + "%" * self.percent
        return number if self.currency is None else f"{number} {self.currency}"
