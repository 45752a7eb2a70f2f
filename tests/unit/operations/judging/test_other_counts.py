"""How many rows two versions of the program make of the same data, said for each file that differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.operations.judging.tables import other_counts

RAW = "artifacts/raw.parquet"
BASE = pl.DataFrame({"__row__": [0, 1, 2], "x": [1.0, None, 3.0]})


def told(tmp_path: Path, theirs: Any, table: str = RAW) -> list[str]:
    (tmp_path / "base/artifacts").mkdir(parents=True)
    BASE.write_parquet(tmp_path / "base" / table)
    theirs.write_parquet(tmp_path / "theirs.parquet")
    return list(other_counts(tmp_path / "base", tmp_path / "theirs.parquet", table))


@pytest.mark.parametrize(
    ("theirs", "sentences"),
    [
        (BASE, []),
        (BASE.head(2), ["3; of the change's: 2, all of which the base's has too"]),
        (BASE[::-1], ["3; of the change's: 3, all of which the base's has too"]),
        (BASE.with_columns(x=pl.lit(1.0)), ["3; of the change's: 3, 2 of which the base's has not"]),
        (pl.concat([BASE] * 400), ["3; of the change's: 1,200, all of which the base's has too"]),
        (BASE.with_columns(y=1), ["3; of the change's: 3, of other columns"]),
        (BASE.rename({"x": "z"}), ["3; of the change's: 3, of other columns"]),
    ],
)
def test_numbers_of_rows_are_said_where_they_differ(tmp_path: Path, theirs: pl.DataFrame, sentences: list[str]) -> None:
    assert told(tmp_path, theirs) == [f"{RAW}: rows of the base's code: {sentence}" for sentence in sentences]


def test_each_part_of_a_folder_is_told_apart(tmp_path: Path) -> None:
    for who, rows in (("base", 2), ("theirs", 1)):
        folder = tmp_path / who / ("artifacts/split" if who == "base" else "")
        folder.mkdir(parents=True)
        for part in ("train", "validation", "test"):
            BASE.head(rows if part == "test" else 1).write_parquet(folder / f"{part}.parquet")
    assert list(other_counts(tmp_path / "base", tmp_path / "theirs", "artifacts/split")) == [
        "artifacts/split/test.parquet: rows of the base's code: 2; of the change's: 1, all of which the base's has too"
    ]


def test_what_is_no_table_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "base/artifacts").mkdir(parents=True)
    BASE.write_parquet(tmp_path / "base" / RAW)
    (tmp_path / "theirs").write_text("no table")
    assert list(other_counts(tmp_path / "base", tmp_path / "theirs", RAW)) == [
        f"{RAW} cannot be compared with the rows of the base's code"
    ]
