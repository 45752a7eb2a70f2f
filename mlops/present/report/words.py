"""Numbers and names as the page spells them."""

from __future__ import annotations

from typing import Any

from mlops.ml.evaluation.judging.sentences import ends
from mlops.ml.evaluation.judging.sentences import number as _number


def figure(value: Any) -> str:
    """Spell a number in about three digits; a dash when there is none."""
    return _number(float(value)).replace("-", "−") if isinstance(value, int | float) else "–"


def interval(low: Any, high: Any) -> str:
    """Spell an interval; an end that is not known is a dash."""
    if isinstance(low, int | float) and isinstance(high, int | float):
        return " to ".join(ends(low, high)).replace("-", "−")
    return f"{figure(low)} to {figure(high)}"


def count(value: Any) -> str:
    """Spell a whole number with separators."""
    return f"{value:,}" if isinstance(value, int) else "–"
