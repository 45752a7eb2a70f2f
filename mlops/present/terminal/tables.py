"""Text in columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Print a head and rows, each column as wide as its longest cell; nothing where there is no row.

    >>> list(columns(("name", "n"), [("churn", "1")]))
    ['name   n', 'churn  1']
    """
    return aligned([heads, *rows] if rows else [])


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> Iterator[str]:
    """Put columns below each other, those in `right` by their ends; the last cell of a row takes no room."""
    most = max(map(len, rows), default=0)
    widths = [max((len(row[at]) for row in rows if at < len(row) - 1), default=0) for at in range(most)]
    for *cells, last in rows:
        placed = (cell.rjust(widths[at]) if at in right else cell.ljust(widths[at]) for at, cell in enumerate(cells))
        yield "  ".join([*placed, last]).rstrip()
