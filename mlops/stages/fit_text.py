"""Learns from the training rows which tokens of a column of sentences are known, and what each weighs."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from mlops.bundle.text import Text, bucket
from mlops.bundle.tokenizer import VERSION, tokens
from mlops.errors import DataError
from mlops.files.canonical import rounded

if TYPE_CHECKING:
    from mlops.expressions.values import Texts
    from mlops.transforms.features import Text as Asked

_DIGITS = 12  # as of all statistics: another processor's last bit does not change the bundle


def fit(name: str, texts: Texts, asked: Asked) -> tuple[Text, str]:
    """Learn a vocabulary, or which hashes occur, and a factor for each; with a note of how many tokens were cut.

    Raises:
        DataError: no token is in as many rows as is asked for.
    """
    times = np.bincount(texts.positions[texts.positions >= 0], minlength=len(texts.values)).tolist()
    listed = [tokens(text, asked.tokens, asked.ngrams) for text in texts.values]
    whole = sum(times)
    vocabulary, rows = _learnt(name, listed, times, asked) if asked.vocabulary == "learnt" else (None, [])
    if vocabulary is None:
        rows = _hashed(listed, times, asked.at_most)
    factors = _factors(rows, whole, asked)
    draft = Text(
        column=name,
        tokenizer=VERSION,
        unit=asked.tokens,
        ngrams=asked.ngrams,
        length=asked.length,
        vocabulary=vocabulary,
        buckets=asked.at_most if vocabulary is None else None,
        factors=factors,
        normalise=asked.normalise,
    )
    found = [draft.tokenized(text) for text in texts.values]
    longest = max((len(each.ids) for each in found), default=0)
    cut = sum(count for each, count in zip(found, times, strict=True) if each.cut)
    # A row is no wider than it must be; a longer text of a request is cut as one beyond the length is.
    return draft.model_copy(update={"length": max(1, longest)}), _note(name, cut, whole, asked.length)


def _learnt(name: str, listed: list[list[str]], times: list[int], asked: Asked) -> tuple[tuple[str, ...], list[int]]:
    """Take the tokens that the most rows have, and say how many have each; of equals the first in order."""
    rows = Counter[str]()
    for found, count in zip(listed, times, strict=True):
        rows.update(dict.fromkeys(found, count))
    known = sorted((token for token, count in rows.items() if count >= asked.min_count), key=lambda t: (-rows[t], t))
    known = known[: asked.at_most]
    if not known:
        raise DataError(
            f"no {asked.tokens[:-1]} of `{name}` stands in {asked.min_count:,} rows or more of the training part",
            hint="lower `features: {text: {min_count: ...}}`, or give the column another type",
        )
    return tuple(known), [rows[token] for token in known]


def _hashed(listed: list[list[str]], times: list[int], buckets: int) -> list[int]:
    """Count the rows that have a token of each hash."""
    rows = [0] * buckets
    places = {token: bucket(token, buckets) for token in set().union(*listed)}
    for found, count in zip(listed, times, strict=True):
        for place in {places[token] for token in found}:
            rows[place - 1] += count
    return rows


def _factors(rows: list[int], whole: int, asked: Asked) -> tuple[float, ...] | None:
    """Weigh a token by how rare it is: the logarithm of (1 + n) / (1 + rows), and 1; of a hash nobody had, nothing."""
    if asked.weights == "tf_idf":
        made = [rounded(math.log((1 + whole) / (1 + count)) + 1, _DIGITS) if count else 0.0 for count in rows]
        return tuple(made)
    return None if asked.vocabulary == "learnt" else tuple(float(count > 0) for count in rows)


def _note(name: str, cut: int, whole: int, length: int) -> str:
    if not cut:
        return ""
    return f"`{name}`: {cut:,} of {whole:,} training texts have more than {length:,} different tokens: those were cut"
