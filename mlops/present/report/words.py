"""Numbers and names as the page spells them."""

from __future__ import annotations

from typing import Any

from mlops.files import figures, intervals


def figure(value: Any) -> str:
    """Spell a number in about three digits; a dash when there is none."""
    return intervals.number(float(value)).replace("-", "−") if isinstance(value, int | float) else "–"


def interval(low: Any, high: Any) -> str:
    """Spell an interval; an end that is not known is a dash."""
    known = (float(end) if isinstance(end, int | float) else None for end in (low, high))
    return intervals.interval(*known).replace("-", "−")


def asked(bound: float | None) -> str:
    """Spell a bound as it is written in YAML."""
    return figures.figure(bound).replace("-", "−")


def measured(value: Any, low: Any, high: Any) -> tuple[str, str]:
    """Spell a value and its interval, all to the same place."""
    known = (float(each) if isinstance(each, int | float) else None for each in (value, low, high))
    shown, span = intervals.measured(*known)
    return shown.replace("-", "−"), span.replace("-", "−")


def count(value: Any) -> str:
    """Spell a whole number with separators."""
    return f"{value:,}" if isinstance(value, int) else "–"
