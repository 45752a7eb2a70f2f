from __future__ import annotations

import polars as pl
import pytest

from mlops.ml.data import prose
from mlops.ml.data.inference import guess

OPENINGS = ("the parcel came", "my order was", "nobody answered when", "I like how")
ENDINGS = ("too late and open", "better than I thought", "I called them twice", "it looks at night")


def reviews(rows: int = 240) -> pl.Series:
    return pl.Series("review", [f"{OPENINGS[n % 4]} {ENDINGS[n // 4 % 4]} {n}" for n in range(rows)])


def table(review: pl.Series) -> pl.DataFrame:
    rows = range(len(review))
    columns = {"__row__": [*rows], "stars": [n % 5 for n in rows], "left": ["yes" if n % 3 else "no" for n in rows]}
    return pl.DataFrame(columns).with_columns(review)


def test_sentences_are_found_and_spoken_of() -> None:
    found = guess(table(reviews()), "left")
    assert {column.name: column.type for column in found.columns}["review"] == "text"
    assert found.exclude == ()
    assert found.doubts == (
        "`review` holds sentences: its words are learnt from, and prediction logs keep it; write `personal: true` in "
        "its rule to leave it out, `type: category` if a whole value means something",
    )


def test_texts_that_tell_how_to_reach_somebody_are_a_doubt() -> None:
    review = pl.Series("review", [f"{text} write to ann{n}@a.org" for n, text in enumerate(reviews().to_list())])
    (doubt,) = guess(table(review), "left").doubts
    assert "240 of 240 values looked at hold an e-mail address or a telephone number; " in doubt


@pytest.mark.parametrize(
    "values",
    [
        [f"Main Street {n}" for n in range(200)],
        [f"A/5 {n * 37}" for n in range(200)],
        ["a few words that come again and again"] * 200,
        [f"x{n}" for n in range(200)],
    ],
)
def test_names_codes_and_categories_are_no_sentences(values: list[str]) -> None:
    series = pl.Series("a", values)
    assert not prose.found(series, "string")
    assert not prose.found(reviews(), "category")
