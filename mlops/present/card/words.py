"""Values as Markdown: shown, never obeyed; lists that end somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.files.figures import figure
from mlops.files.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROWS = 40
"""Rows of a table, and points of a list, that are shown."""


def escaped(value: Any) -> str:
    """Spell a value so that Markdown shows it and does not obey it."""
    return escape(str(value), None)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Draw a table of at most 40 rows."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    listed = list(rows)
    for row in listed[:ROWS]:
        yield f"| {' | '.join('' if cell is None else escaped(cell) for cell in row)} |"
    if len(listed) > ROWS:
        yield ""
        yield f"and {len(listed) - ROWS} more"


def number(value: Any) -> str | None:
    """Spell a number in four digits; None where there is none."""
    return figure(value, digits=4) if isinstance(value, int | float) else None


def interval(known: Mapping[str, Any], low: str = "low", high: str = "high") -> str | None:
    """Spell an interval; None where an end is not known."""
    ends = number(known.get(low)), number(known.get(high))
    return f"{ends[0]} to {ends[1]}" if all(ends) else None


def measured(known: Mapping[str, Any]) -> str | None:
    """Spell a value with its interval."""
    value, ends = number(known.get("value")), interval(known)
    return f"{value} ({ends})" if value and ends else value
