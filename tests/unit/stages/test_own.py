"""What own code makes of rows is held against what it was given: no key lost, none made up, no value told."""

from __future__ import annotations

import polars as pl
import pytest

from mlops.errors import DataError
from mlops.stages.own import held

GIVEN = pl.DataFrame({"__row__": [0, 1, 2, 3], "who": ["a", "b", "b", None], "x": [1, 2, 3, 4]})


def told(made: pl.DataFrame, *keys: str) -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        held("enrich", GIVEN, made, keys)
    return caught.value.message, caught.value.hint


def test_columns_may_change_and_rows_come_back_in_their_order() -> None:
    made = GIVEN.with_columns(y=pl.col("x") * 2).drop("x").reverse()
    assert held("enrich", GIVEN, made, ()).to_dict(as_series=False) == {
        "__row__": [0, 1, 2, 3],
        "who": ["a", "b", "b", None],
        "y": [2, 4, 6, 8],
    }


def test_rows_may_be_joined_where_every_key_stays_and_are_numbered_anew() -> None:
    made = GIVEN.group_by("who", maintain_order=True).agg(pl.col("x").sum())
    found = held("enrich", GIVEN, made, ("who",))
    assert found.to_dict(as_series=False) == {"__row__": [0, 1, 2], "who": ["a", "b", None], "x": [1, 5, 4]}
    assert found.schema["__row__"] == GIVEN.schema["__row__"]


def test_the_first_lost_key_is_named_by_its_row() -> None:
    assert told(GIVEN.filter(pl.col("x") < 2)) == (
        "enrich: 3 of 4 keys are lost; the first is that of row 1",
        "keep every key: a filter or an inner join leaves rows out",
    )
    assert told(GIVEN.filter(pl.col("who") == "a"), "who") == (
        "enrich: 2 of 3 keys are lost; the first is that of row 1",
        "keep every key: a filter or an inner join leaves rows out",
    )


@pytest.mark.parametrize(
    ("made", "keys", "expected"),
    [
        (
            GIVEN.drop("__row__"),
            (),
            ("enrich: `__row__` is no column of its rows", "keep `__row__` in what the function answers"),
        ),
        (GIVEN.drop("who"), ("who",), ("enrich: `who` is no column of its rows", "keep the columns of `keys:`")),
        (
            pl.concat([GIVEN, GIVEN.head(1)]),
            (),
            ("enrich: a row stands more than once", "name the columns that identify rows: `keys:`"),
        ),
        (
            GIVEN.with_columns(who=pl.lit("z")).vstack(GIVEN),
            ("who",),
            ("enrich: 4 rows have a key that is in none that it was given", ""),
        ),
        (
            GIVEN.with_columns(pl.col("__row__").cast(pl.Float64)),
            (),
            ("enrich: `__row__` became Float64", "keep the types of keys"),
        ),
    ],
)  # fmt: skip
def test_what_is_no_table_of_the_same_keys_is_refused(
    made: pl.DataFrame, keys: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert told(made, *keys) == expected
