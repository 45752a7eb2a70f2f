"""Tables as CSV, the same bytes everywhere."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    r"""Spell rows, the head among them.

    >>> csv_text([("x", "y"), (1, "a, b")])
    'x,y\n1,"a, b"\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
