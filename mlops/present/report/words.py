"""Numbers and names as the page spells them."""

from __future__ import annotations

from typing import Any

from mlops.files import intervals


def figure(value: Any) -> str:
    """Spell a number in about three digits; a dash when there is none."""
    return intervals.number(float(value)).replace("-", "−") if isinstance(value, int | float) else "–"


def interval(low: Any, high: Any) -> str:
    """Spell an interval; an end that is not known is a dash."""
    known = (float(end) if isinstance(end, int | float) else None for end in (low, high))
    return intervals.interval(*known).replace("-", "−")


def count(value: Any) -> str:
    """Spell a whole number with separators."""
    return f"{value:,}" if isinstance(value, int) else "–"
