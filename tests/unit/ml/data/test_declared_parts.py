"""An official test set: a column says which part a row is in, and nobody moves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import DataError
from mlops.ml.data.declared_parts import PARTS, USUAL, declared_parts
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import Plan, assign


def frame(parts: list[Any], **more: Any) -> pl.DataFrame:
    rows = len(parts)
    return pl.DataFrame({ROW: list(range(rows)), "part": parts, "y": [row % 2 for row in range(rows)], **more})


def divided(table: pl.DataFrame, **said: Any) -> list[int]:
    return assign(table, Plan(by="column", key="part", target="y", **said)).to_list()


def test_the_usual_words_are_known_in_any_case() -> None:
    words = [word.upper() for part in PARTS for word in USUAL[part]]
    expected = [index for index, part in enumerate(PARTS) for _ in USUAL[part]]
    assert declared_parts(pl.Series("part", words), {}).tolist() == expected


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1, 2, 3], {"train": (1,), "validation": (2,), "test": (3,)}),
        ([1.0, 2.0, 3.0], {"train": (1,), "validation": (2,), "test": (3,)}),
        (["a", "b", "TEST"], {"train": ("A",), "validation": ("b",)}),
        (["test", "train", "c"], {"train": ("test",), "validation": ("train",), "test": ("c",)}),
    ],
    ids=["numbers", "floats", "words", "turned round"],
)
def test_other_spellings_are_said(values: list[Any], said: dict[Any, Any]) -> None:
    assert divided(frame(values), values=said) == [0, 1, 2]


def test_true_and_false_may_say_it() -> None:
    table = frame([False, True, False, False, True, False])
    assert np.array(divided(table, values={"train": (False,), "test": (True,)}))[[1, 4]].tolist() == [2, 2]


def test_a_value_that_names_no_part_is_told_with_what_to_write() -> None:
    with pytest.raises(DataError) as caught:
        divided(frame(["train", "fold7", "fold7", "test"]))
    assert caught.value.message == "`part` has values that name no part of the split: `fold7` (2 rows)"
    assert caught.value.hint == "split: {by: column, key: part, values: {train: [...], test: [...]}}"


def test_a_row_without_a_part_is_no_row_of_train() -> None:
    with pytest.raises(DataError) as caught:
        divided(frame(["train", None, "test"]))
    assert caught.value.message == "1 of 3 rows have no value of `part`, the key of the split"


@given(st.integers(20, 200), st.integers(0, 2**31))
def test_validation_is_cut_from_train_and_test_stays_as_it_is(rows: int, seed: int) -> None:
    parts = ["test" if row % 5 == 0 else "train" for row in range(rows)]
    found = np.array(divided(frame(parts), seed=seed))
    assert (np.flatnonzero(found == 2) == np.flatnonzero(np.array(parts) == "test")).all()
    learnt = np.count_nonzero(found < 2)
    assert abs(np.count_nonzero(found == 1) - learnt / 4) <= 2
    assert found.tolist() == divided(frame(parts), seed=seed)


def test_an_entity_is_not_cut_in_two() -> None:
    who = [f"p{row // 4}" for row in range(200)]
    table = frame(["test" if row >= 160 else "train" for row in range(200)], who=who)
    found = divided(table, entity="who")
    parts = {name: {part for owner, part in zip(who, found, strict=True) if owner == name} for name in who}
    assert {len(each) for each in parts.values()} == {1}
    assert set(found) == {0, 1, 2}
