"""Numbers as people write them: what a text of one form says. Pure, so that a server and a stage go by the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANK = "[ \t\u00a0\u2009\u202f]"
_SIGNS = {" ": _BLANK, "'": "['\u2019]"}


@dataclass(frozen=True)
class NumberText:
    """A form of numbers: signs before the fraction and between thousands, `%` after each, a currency beside each."""

    decimal: str = "."
    thousands: str | None = None
    percent: bool = False
    currency: str | None = None

    @property
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

        >>> NumberText(decimal=",", thousands=".", currency="€").plain("-1.299,99 €")
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

        >>> NumberText(decimal=",", percent=True).spelled("12.5")
        '12,5%'
        """
        number = plain.replace(".", self.decimal) + "%" * self.percent
        return number if self.currency is None else f"{number} {self.currency}"
