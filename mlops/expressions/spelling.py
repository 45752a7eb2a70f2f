"""Names and values as expressions write them."""

from __future__ import annotations

import re
from datetime import date, datetime

from mlops.expressions.functions import OPERATORS

_PLAIN = re.compile(r"[^\W\d]\w*")
_WORDS = frozenset({"true", "false", "null", *(word for word in OPERATORS if word.isalpha())})


def column(name: str) -> str:
    """Spell a column's name.

    >>> column("age"), column("unit price"), column("a`b")
    ('age', '`unit price`', 'col("a`b")')
    """
    if _PLAIN.fullmatch(name) and name.lower() not in _WORDS:
        return name
    return f"col({text(name)})" if "`" in name else f"`{name}`"


def text(value: str) -> str:
    r"""Spell a text.

    >>> text('say "no"')
    '"say \\"no\\""'
    """
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def value(given: object) -> str:
    """Spell a value of a column.

    >>> value(True), value(2.5), value(date(2030, 12, 31))
    ('true', '2.5', 'date("2030-12-31")')
    """
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, datetime):
        return f'datetime("{given.isoformat()}")'
    if isinstance(given, date):
        return f'date("{given.isoformat()}")'
    if isinstance(given, int):
        return str(given) if abs(given) <= 2**53 else repr(float(given))
    return repr(given) if isinstance(given, float) else text(str(given))
