"""A measured value and its interval, spelt alike wherever a person reads them: terminal, comment, report, card."""

from __future__ import annotations

import math


def number(value: float | None, beside: float | None = None, *, sign: str = "") -> str:
    """Spell a value in about three digits, with more where it would look equal to `beside` without being so.

    >>> number(0.76), number(0.02, sign="+"), number(999.6), number(0.000012), number(0.04996, 0.05), number(None)
    ('0.760', '+0.020', '1,000', '0.000012', '0.04996', '–')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    for digits in range(3, 9):
        text = _digits(value, digits, sign)
        if (
            beside is None
            or value == beside
            or float(text.replace(",", "")) != float(_digits(beside, 8).replace(",", ""))
        ):
            break
    return text


def interval(low: float | None, high: float | None, *, sign: str = "", unit: str = "") -> str:
    """Spell both ends of an interval; one that is not known is a dash.

    >>> interval(0.7, 0.76), interval(-0.001, 0.0021, sign="+"), interval(1.5, 12, unit=" %"), interval(-0.001, None)
    ('[0.700, 0.760]', '[-0.0010, +0.0021]', '[1.5 %, 12.0 %]', '[-0.001, –]')
    """
    if low is None or high is None:
        return f"[{number(low, sign=sign)}, {number(high, sign=sign)}]"
    return "[{}{unit}, {}{unit}]".format(*ends(low, high, sign), unit=unit)


def measured(
    value: float | None, low: float | None, high: float | None, *, sign: str = "", unit: str = ""
) -> tuple[str, str]:
    """Spell a value and its interval, all to the same place.

    >>> measured(-0.00002, -0.106, 0.105), measured(0.008, 0.003, 0.0121, sign="+"), measured(0.7, 0.65, None)
    (('0.000', '[-0.106, 0.105]'), ('+0.0080', '[+0.0030, +0.0121]'), ('0.700', '[0.650, –]'))
    """
    span = interval(low, high, sign=sign, unit=unit)
    known = [end for end in (value, low, high) if end is not None and math.isfinite(end)]
    if len(known) < 3:
        return number(value, sign=sign) + unit, span
    places = len(ends(known[1], known[2])[0].partition(".")[2])
    return f"{round(known[0], places) + 0.0:{sign},.{places}f}{unit}", span


def ends(low: float, high: float, sign: str = "") -> tuple[str, str]:
    """Spell both ends of an interval to the same place, fine enough to show its width."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(low, sign=sign), number(high, sign=sign)
    widest = max(abs(low), abs(high))
    places = max(0, 3 - (len(str(int(widest))) if widest > 1 else 0))
    if high > low:
        places = max(places, 1 - math.floor(math.log10(high - low)))
    return f"{round(low, places) + 0.0:{sign},.{places}f}", f"{round(high, places) + 0.0:{sign},.{places}f}"


def _digits(value: float, digits: int, sign: str = "") -> str:
    """Spell `digits` digits, at least three of them after the point of a small number."""
    size = abs(value)
    if 0 < size < 0.01:
        return f"{value:{sign}.{digits - 2 - math.floor(math.log10(size))}f}".removesuffix("0")
    whole = len(str(int(size))) if size > 1 else 0  # 1 stands beside shares, and has their decimals
    return f"{value:{sign},.{max(0, digits - whole)}f}"
