"""Numbers as people read them."""

from __future__ import annotations

import math


def figure(value: float | None, sign: str = "", digits: int = 3) -> str:
    """Spell a number with so many digits that count, and whole ones as they are; a dash where there is none.

    >>> figure(0.76123), figure(0.02, "+"), figure(999.6), figure(12345.6), figure(0.000012), figure(None)
    ('0.761', '+0.02', '1,000', '12,346', '1.2e-05', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    whole = float(f"{value:.{digits}g}")  # 999.6 has four digits before the point when it is rounded to three
    return f"{value:{sign},.0f}" if abs(whole) >= 10**digits else f"{value:{sign}.{digits}g}"


def plural(count: int, noun: str) -> str:
    """Count things.

    >>> plural(1, "row"), plural(4038, "row")
    ('1 row', '4,038 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float, space: str = " ") -> str:
    """Spell a time in the unit a person would use.

    >>> duration(42), duration(600), duration(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f}{space}s"
    return f"{seconds / 60:.0f}{space}min" if seconds < 5400 else f"{seconds / 3600:.1f}{space}h"
