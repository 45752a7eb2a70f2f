"""How a column of sentences looked in training: how long they were, and what share of their tokens was new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from mlops.bundle.tokenizer import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.bundle.text import Text


def lengths(texts: Sequence[str]) -> NDArray[np.float64]:
    """Count the characters of each text [n]."""
    return np.array([len(text) for text in texts], dtype=np.float64)


def unseen(texts: Sequence[str], item: Text) -> NDArray[np.float64]:
    """Give of each training text [n] the share of its tokens that the other texts would not have made known.

    Training has taught its own rare tokens: of rows that it has not seen more is new. So a token that is known by the
    last text that it took counts as new in the texts that have it. NaN of a text without a token.
    """
    listed = [tokens(text, item.unit, item.ngrams) for text in texts]
    rows = Counter[int](number for found in listed for number in {item.id_of(token) for token in found})
    fewest = min((count for number, count in rows.items() if number), default=0)
    shares = np.full(len(listed), np.nan)
    for place, found in enumerate(listed):
        if found:
            new = sum(not (number := item.id_of(token)) or rows[number] <= fewest for token in found)
            shares[place] = new / len(found)
    return shares
