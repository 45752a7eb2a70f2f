"""A column of text as token ids and weights: what `transform.json` says of it, and the arrays that models read.

A row has `length` places. Ids are whole numbers from 1, 0 where a row has no more tokens; each stands once, in order,
with its weight. float32 holds whole numbers exactly below 2**24.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlops.blocks.column_group import TEXT
from mlops.bundle.tokenizer import Unit, Version, tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.expressions.values import Texts

LARGEST = 1 << 20
"""Tokens that a column may have at most."""
Ngrams = Annotated[tuple[Annotated[int, Field(ge=1, le=8)], Annotated[int, Field(ge=1, le=8)]], Field(strict=False)]


@dataclass(frozen=True)
class Tokenized:
    """What a text is to a model: ids and weights of its tokens, by id, and what was not taken.

    `count` tokens were told apart, `unseen` of which training had not; `cut` different ones are beyond the length.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    count: int
    unseen: int
    cut: int


class Text(BaseModel):
    """How the texts of a column become ids and weights: by a learnt vocabulary, or by a hash of each token."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    column: str
    tokenizer: Version
    unit: Unit
    ngrams: Ngrams
    length: int = Field(ge=1, le=4096)
    """Places of a row: of more different tokens those of the least weight are left out."""
    vocabulary: tuple[str, ...] | None = None
    """The tokens that are known, in the order of their ids."""
    buckets: int | None = Field(default=None, ge=1, le=LARGEST)
    """How many ids there are, where a token's is its hash."""
    factors: tuple[float, ...] | None = None
    """What the count of each id is multiplied by: 0 where training had it in no text. 1 where none are given."""
    normalise: bool
    """Weights of a row have the length 1 (L2)."""

    @property
    def group(self) -> str:
        """Name the group that its features belong to."""
        return f"{TEXT}:{self.column}"

    @property
    def size(self) -> int:
        """Count the ids: they go from 1 to this."""
        return len(self.vocabulary) if self.vocabulary is not None else self.buckets or 0

    @model_validator(mode="after")
    def _fits_together(self) -> Text:
        if (self.vocabulary is None) == (self.buckets is None) or not 1 <= self.size <= LARGEST:
            raise ValueError("a text has either a vocabulary or buckets")
        if self.vocabulary is not None and len(set(self.vocabulary)) != len(self.vocabulary):
            raise ValueError("a vocabulary has a token twice")
        if self.factors is not None and (len(self.factors) != self.size or min(self.factors) < 0):
            raise ValueError("a text has another number of factors than of tokens, or a negative one")
        if self.ngrams[0] > self.ngrams[1]:
            raise ValueError("n-grams go from the fewest to the most")
        return self

    def features(self) -> tuple[str, ...]:
        """Name the columns of what `encoded` gives."""
        named = ((self.column, what, place) for what in ("token", "weight") for place in range(1, self.length + 1))
        return tuple(f"{column} {what} {place}" for column, what, place in named)

    def encoded(self, texts: Texts) -> NDArray[np.float32]:
        """Give ids [n, length] and, beside them, weights [n, length]; a text that is missing has no token.

        >>> from mlops.expressions.values import texts
        >>> found = Text(column="a", tokenizer=1, unit="words", ngrams=(1, 1), length=2, vocabulary=("good", "not"),
        ...     normalise=False)
        >>> found.encoded(texts(["not good, not at all", None])).tolist()
        [[1.0, 2.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]]
        """
        table = np.zeros((len(texts.values) + 1, 2 * self.length), dtype=np.float32)
        for place, text in enumerate(texts.values):
            found = self.tokenized(text)
            many = len(found.ids)
            table[place, :many] = found.ids
            table[place, self.length : self.length + many] = found.weights
        out: NDArray[np.float32] = table[texts.positions]  # -1, of what is missing, is the last row
        return out

    def tokenized(self, text: str) -> Tokenized:
        """Tell the tokens of a text, and weigh them."""
        listed = tokens(text, self.unit, self.ngrams)
        counts = Counter[int]()
        for token, times in Counter(listed).items():
            counts[self.id_of(token)] += times
        unseen = counts.pop(0, 0)
        if self.factors is None:
            weights = {token: float(count) for token, count in counts.items()}
        else:
            weights = {token: count * self.factors[token - 1] for token, count in counts.items()}
        ids = sorted(weights)
        if len(ids) > self.length:
            ids = sorted(sorted(ids, key=lambda token: (-weights[token], token))[: self.length])
        # Of all tokens, so that a weight does not depend on where a row ends; fsum does not depend on the order.
        norm = math.sqrt(math.fsum(weight * weight for weight in weights.values())) if self.normalise else 1.0
        return Tokenized(
            tuple(ids),
            tuple(weights[token] / norm for token in ids),
            len(listed),
            unseen,
            len(weights) - len(ids),
        )

    def unseen(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give of each text [n] the share of its tokens that training did not know; NaN of a text without a token."""
        found = [self.tokenized(text) for text in texts]
        return np.array([each.unseen / each.count if each.count else np.nan for each in found], dtype=np.float64)

    def ids_of(self, text: str) -> list[int]:
        """Give the id of each token of a text, in its order; 0 of those that training did not know."""
        return [self.id_of(token) for token in tokens(text, self.unit, self.ngrams)]

    def id_of(self, token: str) -> int:
        """Give the id of a token; 0 of one that training had in no text."""
        if self.buckets is None:
            return self._ids.get(token, 0)
        found = bucket(token, self.buckets)
        return found if self.factors is None or self.factors[found - 1] else 0

    @cached_property
    def _ids(self) -> Mapping[str, int]:
        return {token: place for place, token in enumerate(self.vocabulary or (), start=1)}


def sorted_by(ids: Sequence[int], texts: Iterable[Collection[int]]) -> NDArray[np.int64]:
    """Count the texts by the first of some `ids` that each has among its own, and last those that have none.

    A text counts once, so that counts are as independent as texts are, which the tokens of one are not.

    >>> sorted_by([7, 3], [{3, 7}, {3}, {1, 3}, {2}]).tolist()
    [1, 2, 1]
    """
    places = {number: place for place, number in enumerate(ids)}
    found = [min((places[number] for number in own if number in places), default=len(ids)) for own in texts]
    return np.bincount(np.array(found, dtype=np.int64), minlength=len(ids) + 1)


def bucket(token: str, buckets: int) -> int:
    """Give a token's id, from 1, by a hash (BLAKE2b, RFC 7693) of its UTF-8.

    >>> bucket("good", 1024)
    305
    """
    found = hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return 1 + int.from_bytes(found, "big") % buckets
