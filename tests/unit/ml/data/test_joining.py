from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.errors import DataError
from mlops.ml.data import joining, parquet
from mlops.ml.data.joining import Joined
from mlops.ml.data.parquet import ROW
from mlops.sources.joined import Join

TIMES = ["2024-01-02T00:00", "2024-01-02T12:00", "2024-01-01T00:00", "2023-12-31T00:00", None]
ROWS = pl.DataFrame({ROW: range(5), "customer": ["7", "8", None, "7", "é"], "at": TIMES})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pipelines/shop").mkdir(parents=True)
    return tmp_path / "pipelines/shop"


def write(folder: Path, *lines: str) -> None:
    (folder / "other.csv").write_text("\n".join(lines) + "\n")


def joined(folder: Path, rows: pl.DataFrame = ROWS, **more: Any) -> tuple[pl.DataFrame, tuple[Joined, ...]]:
    asked = {"source": {"kind": "csv", "path": "other.csv"}, "by": ["customer"], "cardinality": "one", **more}
    return joining.join(rows, [Join.model_validate(asked)], folder)


def test_every_row_stays_in_its_place_and_what_finds_nothing_is_counted(folder: Path) -> None:
    write(folder, "customer,region", "8,south", "e\u0301,west", ",nowhere", "7,north")
    found, told = joined(folder)
    assert found[ROW].to_list() == [0, 1, 2, 3, 4]
    assert found["region"].to_list() == ["north", "south", None, "north", "west"]
    assert [each.sentence for each in told] == ["1 of 5 rows find nothing in other.csv"]


def test_a_whole_number_is_a_key_like_its_text_and_leading_zeros_are_not(folder: Path) -> None:
    write(folder, "id,x", "07,a", "8,b")
    numbers = ROWS.with_columns(pl.Series("customer", [7.0, 8.0, None, 7.0, 9.0]))
    found, _ = joined(folder, numbers, theirs=["id"], prefix="c_")
    assert found["c_x"].to_list() == [None, "b", None, None, None]


def test_as_of_takes_the_latest_from_before_and_never_one_from_after(folder: Path) -> None:
    write(folder, "customer,since,price", "7,2024-01-02,3", "7,2023-12-30,2", "7,2023-06-01,1", "8,2024-01-02,9")
    asked = {"time": "at", "theirs": "since"}
    assert joined(folder, as_of=asked)[0]["price"].to_list() == ["2", "9", None, "2", None]
    assert joined(folder, as_of={**asked, "equal": True})[0]["price"].to_list() == ["3", "9", None, "2", None]
    assert joined(folder, as_of={**asked, "within_days": 0.4})[0]["price"].to_list() == [None, None, None, None, None]


@pytest.mark.parametrize(
    ("lines", "more", "message", "hint"),
    [
        (
            ("customer,x", "7,1", "7,2", "8,3"),
            {},
            "2 of 3 rows of other.csv share their key, and `cardinality: one` says that none do",
            "make one row of each key before, as with `GROUP BY`, or name another column in `by`",
        ),
        (
            ("customer,since,x", "7,2024-01-01,1", "7,2024-01-01,2"),
            {"as_of": {"time": "at", "theirs": "since"}},
            "2 of 2 rows of other.csv share their key and time, and `cardinality: one` says that none do",
            "make one row of each key before, as with `GROUP BY`, or name another column in `by`",
        ),
        (("costumer,x", "7,1"), {}, "other.csv has no column `customer`", "did you mean `costumer`?"),
        (("customer,x", "7,1"), {"columns": ["y"]}, "other.csv has no column `y`", "its columns: customer, x"),
        (
            ("customer,at", "7,1"),
            {},
            "other.csv brings `at`, which is a column of the rows already",
            "write `prefix: ...`, or the columns that are wanted: `columns: [...]`",
        ),
        (
            ("customer,since", "7,soon"),
            {"as_of": {"time": "at", "theirs": "since"}},
            "1 of 1 values of `since` in other.csv are no times",
            "write 2030-12-31 or 2030-12-31T08:30:00Z",
        ),
        (
            ("customer,x", "7,1"),
            {"unmatched": {"at_most": 0.5}},
            "3 of 5 rows find nothing in other.csv",
            "`unmatched: {at_most: 0.5}` allows fewer; look at how the keys are written",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused(
    folder: Path, lines: tuple[str, ...], more: dict[str, Any], message: str, hint: str
) -> None:
    write(folder, *lines)
    with pytest.raises(DataError) as caught:
        joined(folder, **more)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_key_with_a_fraction_is_refused(folder: Path) -> None:
    write(folder, "customer,x", "7,1")
    with pytest.raises(DataError) as caught:
        joined(folder, ROWS.with_columns(pl.Series("customer", [7.5] * 5)))
    assert (
        caught.value.message == "the key `customer` of the table of the rows is a number with a fraction, or too large"
    )


def test_a_table_notes_what_its_joins_came_to(tmp_path: Path) -> None:
    told = (Joined("a.csv", 3, 9),)
    parquet.write(ROWS, tmp_path / "raw.parquet", joining.spelled(told))
    assert joining.noted(tmp_path / "raw.parquet") == told
    parquet.write(ROWS, tmp_path / "raw.parquet")
    assert joining.noted(tmp_path / "raw.parquet") == ()
