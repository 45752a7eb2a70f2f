"""Truths as people write them. Pure, so that a server and a stage go by the same."""

from __future__ import annotations

TRUE, FALSE = ("true", "t", "yes", "y"), ("false", "f", "no", "n")
"""Words, each beside its opposite."""
ONES, NOUGHTS = ("1", "1.0"), ("0", "0.0")
"""Numbers that stand for them, where a column has no others."""
_READ = {**dict.fromkeys((*TRUE, *ONES), True), **dict.fromkeys((*FALSE, *NOUGHTS), False)}


def truth(text: str) -> bool | None:
    """Say whether a text means true or false, in any case and with blanks around; None where it means neither.

    >>> truth(" Yes"), truth("0"), truth("maybe")
    (True, False, None)
    """
    return _READ.get(text.strip().lower())
