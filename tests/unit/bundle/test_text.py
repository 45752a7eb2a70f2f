from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.bundle.text import Text, bucket
from mlops.expressions.values import texts

WORDS = ("bad", "good", "not", "very", "ok")


def made(**changes: Any) -> Text:
    usual = {"column": "review", "tokenizer": 1, "unit": "words", "ngrams": (1, 1), "length": 3, "normalise": False}
    return Text.model_validate({**usual, "vocabulary": WORDS, **changes})


def test_ids_stand_in_order_and_each_once_with_its_weight() -> None:
    (row,) = made().encoded(texts(["good very GOOD new"]))
    assert row.tolist() == [2, 4, 0, 2, 1, 0]


def test_what_is_beyond_the_length_weighs_least_and_is_counted() -> None:
    found = made(length=2, factors=(3.0, 1.0, 2.0, 1.0, 1.0)).tokenized("bad good good not ok ok")
    assert (found.ids, found.weights, found.cut) == ((1, 2), (3.0, 2.0), 2)


def test_the_length_of_a_row_is_that_of_all_its_tokens() -> None:
    whole, cut = (made(normalise=True, length=length).tokenized("bad bad good") for length in (3, 1))
    assert whole.weights == (2 / 5**0.5, 1 / 5**0.5)
    assert cut.weights == whole.weights[:1]


def test_a_missing_text_and_one_of_new_words_alone_have_no_token() -> None:
    found = made(normalise=True).encoded(texts([None, "unheard of", ""]))
    assert not found.any()


def test_new_tokens_are_counted() -> None:
    assert made().unseen(["good news", "ok", "???"]) == pytest.approx([0.5, 0.0, np.nan], nan_ok=True)


def test_hashes_that_training_had_in_no_text_are_new() -> None:
    factors = [0.0] * 64
    factors[bucket("good", 64) - 1] = 1.0
    item = made(vocabulary=None, buckets=64, factors=factors)
    new = next(word for word in ("a", "b", "c", "d") if bucket(word, 64) != bucket("good", 64))
    assert item.tokenized(f"good {new}").unseen == 1
    assert item.tokenized("good").ids == (bucket("good", 64),)


@pytest.mark.parametrize(("token", "number"), [("good", 767_281), ("не", 158_805), ("👍", 28_858), (" go", 372_424)])
def test_a_hash_is_the_same_everywhere(token: str, number: int) -> None:
    assert bucket(token, 1 << 20) == number


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.none() | st.lists(st.sampled_from([*WORDS, "new", "é", "👍"]), max_size=9).map(" ".join), min_size=1)
)
def test_a_row_does_not_depend_on_those_beside_it(rows: list[str | None]) -> None:
    item = made(normalise=True, factors=(1.5, 1.25, 2.0, 1.0, 3.0))
    together = item.encoded(texts(rows))
    assert together.tobytes() == np.concatenate([item.encoded(texts([row])) for row in rows]).tobytes()
    ids, weights = together[:, : item.length], together[:, item.length :]
    assert ((ids == 0) == (weights == 0)).all()
    assert (np.square(weights.astype(float)).sum(axis=1) <= 1 + 1e-6).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vocabulary": None}, "a text has either a vocabulary or buckets"),
        ({"buckets": 4}, "a text has either a vocabulary or buckets"),
        ({"vocabulary": ("a", "a")}, "a vocabulary has a token twice"),
        ({"factors": (1.0,)}, "a text has another number of factors than of tokens, or a negative one"),
        ({"ngrams": (2, 1)}, "n-grams go from the fewest to the most"),
        ({"tokenizer": 2}, "Input should be 1"),
    ],
)
def test_a_text_that_contradicts_itself_is_none(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        made(**changes)
