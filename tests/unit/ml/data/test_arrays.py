"""Columns as arrays: what is expected of a text saves work, and changes no row."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.data import arrays

WORDS = st.sampled_from(["", " ", "a", "b", "é", "null", "None"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.none() | WORDS, max_size=20), st.lists(WORDS, unique=True, max_size=6))
def test_rows_have_their_texts_whatever_was_expected(rows, expected):
    found = arrays.texts(pl.Series(rows, dtype=pl.String), expected)
    assert found.listed() == rows
    assert len(set(found.values)) == len(found.values)


def test_of_very_many_expected_texts_those_that_are_there_are_looked_for() -> None:
    assert arrays.texts(pl.Series(["5"]), [str(number) for number in range(2_000)]).values == ("5",)
