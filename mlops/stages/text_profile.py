"""How a column of sentences looked in training: how long they were, which tokens they had, what share was new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from mlops.bundle.text import sorted_by
from mlops.documents.profile import Tokens
from mlops.files.canonical import rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_BINS = 20
_EACH = 20
"""Sentences of those that choose which an even division gives a bin at least: of fewer, chi-square is too sure."""


def lengths(texts: Sequence[str]) -> NDArray[np.float64]:
    """Count the characters of each text [n]."""
    return np.array([len(text) for text in texts], dtype=np.float64)


def unseen(listed: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Give of each training text, by the ids of its tokens, the share that the other texts would not have made known.

    Training has taught its own rare tokens: of rows that it has not seen more is new. So a token that is known by the
    last text that it took counts as new in the texts that have it. NaN of a text without a token.
    """
    rows = Counter[int](number for found in listed for number in {*found})
    fewest = min((count for number, count in rows.items() if number), default=0)
    shares = np.full(len(listed), np.nan)
    for place, found in enumerate(listed):
        if found:
            shares[place] = sum(not number or rows[number] <= fewest for number in found) / len(found)
    return shares


def sorts(listed: Sequence[Sequence[int]]) -> Tokens | None:
    """Sort training texts, by the ids of their tokens, by tokens that divide them about evenly; None where none does.

    Every second text chooses the tokens, and the others are counted: chosen and counted by the same, the shares would
    be nearer to even than they are, and a window like training would look as if it had moved.
    """
    ids = _dividing([frozenset(found) - {0} for found in listed[::2]])
    counted = [frozenset(found) for found in listed[1::2]]
    if not ids or not counted:
        return None
    shares = sorted_by(ids, counted) / len(counted)
    return Tokens(ids=ids, shares=rounded(shares.tolist()), rows=len(counted))


def _dividing(texts: Sequence[frozenset[int]]) -> tuple[int, ...]:
    """Choose token after token: the one that as many of the texts left have as an even division would give it.

    What is left at last is a bin, too: it holds no less than half of what an even division gives.
    """
    rows = Counter[int](number for found in texts for number in found)
    left, chosen = list(texts), list[int]()
    bins = min(_BINS, len(texts) // _EACH)
    wanted = len(texts) / max(1, bins)
    while rows and len(chosen) < bins - 1:
        best = min(rows, key=lambda number: (abs(rows[number] - wanted), number))
        if not wanted / 2 <= rows[best] <= len(left) - wanted / 2:
            break
        chosen.append(best)
        for found in left:
            if best in found:
                rows.subtract(found)
        left = [found for found in left if best not in found]
        rows = +rows
    return tuple(chosen)
