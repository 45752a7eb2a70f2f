"""Values as Markdown: shown, never obeyed; lists that end somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mlops.documents.figures import Figure
from mlops.files import intervals
from mlops.files.figures import figure
from mlops.present.markdown import text as markdown

ROWS = 40
"""Rows of a table, and points of a list, that are shown."""


def escaped(value: Any) -> str:
    """Spell a value so that Markdown shows it and does not obey it."""
    return markdown.escape(str(value), None)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Draw a table of at most 40 rows."""
    listed = list(rows)
    yield from markdown.table(head, (["" if cell is None else escaped(cell) for cell in row] for row in listed[:ROWS]))
    if len(listed) > ROWS:
        yield ""
        yield f"and {len(listed) - ROWS} more"


def number(value: Any) -> str | None:
    """Spell a number that somebody set in four digits; None where there is none."""
    return figure(value, digits=4) if isinstance(value, int | float) else None


def measure(value: Any) -> str | None:
    """Spell what was measured as it stands beside its interval everywhere; None where there is none."""
    return intervals.number(float(value)) if isinstance(value, int | float) else None


def interval(low: Any, high: Any) -> str | None:
    """Spell an interval in words, for brackets would be a link; None where an end is not known."""
    known = isinstance(low, int | float) and isinstance(high, int | float)
    return " to ".join(intervals.ends(low, high)) if known else None


def measured(known: Figure | None) -> str | None:
    """Spell a value with its interval; None where it is not known."""
    if known is None:
        return None
    ends = interval(known.low, known.high)
    if ends is None or known.value is None:
        return measure(known.value)
    return f"{intervals.measured(known.value, known.low, known.high)[0]} ({ends})"
