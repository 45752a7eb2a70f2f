"""Text in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Print a head and rows, each column as wide as its longest cell."""
    table = [tuple(heads), *map(tuple, rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(heads))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
