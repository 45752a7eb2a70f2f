"""What a column may be called: anything but the few names that would mean another column, or several."""

from __future__ import annotations

import json
import re

ROW = "__row__"
"""Position of a row in its source: the identity of a row in every later file."""

OURS = "\x1f"
"""What the names of columns begin with that this program sets beside those of a table for a moment."""

_PLAIN = re.compile(r"[^\W\d][\w-]*")
_WORDS = frozenset(("on", "off", "yes", "no", "y", "n", "true", "false", "null"))
"""What YAML takes for a truth or for nothing, in small letters."""


def kept_for(name: str) -> str:
    """Say what a name is kept for, so that no table may bring it; empty for a name that it may.

    Polars reads `*` and `^...$` as patterns of several columns, even of a Series that bears such a name.

    >>> kept_for("count"), kept_for("^a$")
    ('', 'patterns of several columns')
    """
    if name == ROW:
        return "the row's position"
    if name == "*" or (name.startswith("^") and name.endswith("$")):
        return "patterns of several columns"
    return "columns of this program" if name.startswith(OURS) else ""


def free(name: str) -> str:
    """Refuse a name that is kept; raises ValueError."""
    if purpose := kept_for(name):
        raise ValueError(f"`{name}` is a name kept for {purpose}")
    return name


def typed(name: str) -> str:
    """Spell a name as it is typed in YAML, within brackets too.

    >>> typed("day"), typed("no"), typed("day: of visit")
    ('day', '"no"', '"day: of visit"')
    """
    plain = _PLAIN.fullmatch(name) and name.lower() not in _WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)
