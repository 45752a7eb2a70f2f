"""The columns of an input that hold the tokens of texts, and those beside them.

A text is token ids and weights [n, L] each, side by side. As a sparse matrix it has a column a token; in a graph it is
rows of a table, gathered by the ids and added up by the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mlops.blocks.column_group import Group, Layout


@dataclass(frozen=True)
class Tokens:
    """Where one text stands: positions of its ids and of its weights [L], and how many ids there are, 0 among them."""

    name: str
    ids: tuple[int, ...]
    weights: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, group: Group) -> Tokens:
        """Take a group of the layout: ids in its first half, weights in its second."""
        half = len(group.positions) // 2
        return cls(group.name, group.positions[:half], group.positions[half:], group.sizes[0])


@dataclass(frozen=True)
class TokenInput:
    """Rows [n, width] of a layout with texts: which columns are plain numbers, and where the texts are."""

    plain: tuple[int, ...]
    texts: tuple[Tokens, ...]
    width: int

    @classmethod
    def of(cls, layout: Layout) -> TokenInput:
        """Sort out the groups of a layout."""
        texts = layout.texts
        plain = (place for group in layout.groups if group not in texts for place in group.positions)
        return cls(tuple(sorted(plain)), tuple(map(Tokens.of, texts)), layout.width)

    def numbers(self, x: NDArray[Any]) -> NDArray[Any]:
        """Take the plain columns [n, plain]."""
        return x[:, self.plain]

    def counted(self, x: NDArray[Any]) -> csr_array:
        """Make a sparse matrix of double precision: the plain columns, then a column for each token of each text."""
        from scipy.sparse import csr_array, hstack

        parts = [csr_array(self.numbers(x).astype(np.float64)), *(bag(x, each) for each in self.texts)]
        return csr_array(hstack(parts, format="csr"))


def bag(x: NDArray[Any], text: Tokens) -> csr_array:
    """Make a sparse matrix [n, size - 1] of a text's weights, a column a token, the first of id 1."""
    from scipy.sparse import csr_array

    ids = x[:, text.ids].astype(np.int64)
    weights = x[:, text.weights].astype(np.float64)
    held = ids > 0
    ends = np.concatenate([[0], np.cumsum(held.sum(axis=1))])
    return csr_array((weights[held], ids[held] - 1, ends), shape=(len(x), text.size - 1))


def padded(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put a row of zeros before weights [tokens, k]: that of id 0."""
    return np.concatenate([np.zeros((1, weights.shape[1])), weights])


def split(weights: NDArray[Any], given: TokenInput) -> Iterator[NDArray[Any]]:
    """Take weights [k, columns] of `counted` apart: of plain columns [k, plain], then of each text [k, tokens]."""
    ends = np.cumsum([len(given.plain), *(text.size - 1 for text in given.texts)])
    yield from np.split(weights, ends[:-1], axis=1)
