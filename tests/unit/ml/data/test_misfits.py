"""A value that is not of its column's type: which it is, and what to write, without telling what nobody may see."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.data import columns, misfits, sources, types
from mlops.sources.source import Source

TEN = [str(number) for number in range(10)]


def said(values: list[object], declared: types.ColumnType, *, public: bool = False) -> str:
    raw = pl.Series("age", values)
    return misfits.sentence(raw, types.settle(raw, declared), public=public)


@pytest.mark.parametrize(
    ("values", "declared", "public", "words"),
    [
        (
            [*TEN, " "],
            "float",
            False,
            '1 of 11 values of `age` are not of type float, \' \' in row 11: write `nulls: ["", " "]` under `source:` '
            "if that means a missing value, `type: string` if they are values, or correct them",
        ),
        (
            ["1.5", *TEN],
            "int",
            False,
            "1 of 11 values of `age` are not of type int, the first in row 1: `type: float` fits all of them; or "
            "correct them",
        ),
        (
            [1.5, 2.0],
            "int",
            True,
            "1 of 2 values of `age` are not of type int, '1.5' in row 1: `type: float` fits all of them; or "
            "correct them",
        ),
        (
            ["1,299", "2,501"],
            "float",
            False,
            "2 of 2 values of `age` are not of type float, the first in row 1: `age` may be written with a `,` "
            'between thousands or before a fraction: write `number: {thousands: ","}` or `number: {decimal: ","}` for '
            "it, under `columns:`",
        ),
        (
            ["2024-01-01", "soon"],
            "date",
            True,
            '1 of 2 values of `age` are not of type date, \'soon\' in row 2: write `nulls: ["", "soon"]` under '
            "`source:` if that means a missing value, `type: string` if they are values, or correct them",
        ),
    ],
    ids=["blanks are shown", "another type", "numbers", "thousands", "public"],
)
def test_what_to_write_is_said(values, declared, public, words):
    assert said(values, declared, public=public) == words


@given(st.lists(st.text("abc XYZ", min_size=1, max_size=6), min_size=1, max_size=8))
def test_no_value_of_a_column_that_is_not_public_is_told(texts):
    marked = [f"{text}§" for text in texts]
    assert "§" not in said([*TEN, *marked], "float")


@given(st.lists(st.sampled_from(["", " ", "\t", "7", "NaN", "x", "n/a", None]), min_size=1, max_size=12))
def test_what_is_lost_is_what_was_counted(texts):
    raw = pl.Series("age", texts, dtype=pl.String)
    settled = types.settle(raw, "float")
    assert misfits.lost(raw, settled).sum() == settled.failed


def test_texts_of_blanks_are_a_warning_and_empty_ones_of_other_formats_are_not():
    frame = pl.DataFrame({columns.ROW: range(6), "plan": ["a", " ", "b", "\t", " ", ""]})
    _, _, found = columns.settle(frame, {}, {})
    assert [(check.name, check.severity, check.message) for check in found] == [
        (
            "blank",
            "warn",
            "3 of 6 values of `plan` are nothing but blanks, and learnt from as a value: write "
            '`nulls: ["", "\\t", " "]` under `source:` if they mean a missing one',
        )
    ]


def test_what_is_named_as_missing_is_in_every_format(tmp_path):
    frame = pl.DataFrame({"age": ["30", "lost", ""], "n": [1, 2, 3]})
    frame.write_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in frame.to_dicts()))
    frame.write_csv(tmp_path / "a.csv")
    for kind in ("parquet", "jsonl", "csv"):
        source = Source(kind=kind, path=f"a.{kind}", nulls=("", "lost"))
        assert sources.scan(source, tmp_path).collect()["age"].to_list() == ["30", None, None]
    kept = Source(kind="parquet", path="a.parquet")
    assert sources.scan(kept, tmp_path).collect()["age"].to_list() == ["30", "lost", ""]
