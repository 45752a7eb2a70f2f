"""Any table that somebody may have is read to the last value, or refused in a sentence."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.errors import MlopsError
from mlops.ml.data import columns, guessing
from mlops.ml.data.inference import guess
from mlops.ml.data.missing import SURE, USUAL
from mlops.ml.data.parquet import ROW

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
VALUES = st.one_of(
    st.none(),
    WORDS,
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False).map(repr),
    st.dates().map(str),
    st.datetimes().map(lambda moment: f"{moment} UTC"),
    st.sampled_from(sorted(SURE | USUAL)),
    st.sampled_from(
        ["1,299", "1.299,99", "$5", "12%", "(3)", "yes", "T", " x ", '5" nail', "a'b", "line\nbreak", "inf"]
    ),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str | None]]]:
    width = draw(st.integers(2, 5))
    names = draw(st.lists(WORDS, min_size=width, max_size=width))
    kinds = draw(st.lists(st.sampled_from(["any", "text", "int"]), min_size=width, max_size=width))
    of = {"any": VALUES, "text": WORDS, "int": st.integers().map(str)}
    rows = draw(st.lists(st.tuples(*(of[kind] for kind in kinds)), min_size=1, max_size=12))
    return names, [list(row) for row in rows]


def as_ingested(rows: list[list[str | None]]) -> pl.DataFrame:
    columns = {f"c{place}": pl.Series(values, dtype=pl.String) for place, values in enumerate(zip(*rows, strict=True))}
    return pl.DataFrame({ROW: range(len(rows)), **columns})


def written(names: list[str], rows: list[list[str | None]], separator: str, quote: str, end: str) -> str:
    """Write a table with every field in quotes, so that nothing of it could be meant otherwise."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quotechar=quote, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([names, *([value or "" for value in row] for row in rows)])
    return text.getvalue()


@pytest.mark.long
@SETTINGS
@given(
    tables(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(ENCODINGS),
)
def test_every_value_of_a_text_file_is_read_or_it_is_refused_in_a_sentence(table, separator, quote, end, encoding):
    names, rows = table
    content = written(names, rows, separator, quote, end).encode(encoding, "replace")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        try:
            found = guessing.read(path)
        except MlopsError as error:
            assert str(error)
            return
    if (
        encoding == "cp1252"
        or any("\n" in (value or "") for row in rows for value in row)
        or found.source.quote != quote
    ):
        return  # what the encoding has no place for, and lines whose end was changed
    meant = set(found.source.nulls)
    kept = [row for row in rows if any(value is not None and value not in meant for value in row)]
    assert found.frame.drop(ROW).rows() == [
        tuple(None if value is None or value in meant else value for value in row) for row in kept
    ]


@pytest.mark.long
@SETTINGS
@given(tables())
def test_no_value_is_lost_where_types_are_found(table):
    _, rows = table
    frame = as_ingested(rows)
    typed, settled, checks = columns.settle(frame, {}, {})
    for name, column in settled.items():
        told = sum(check.failed for check in checks if check.column == name and check.name == "type")
        words = frame[name].str.strip_chars().str.to_lowercase()
        nothing = int((words == "nan").sum()) if column.type == "float" else 0
        assert typed[name].null_count() == frame[name].null_count() + told + nothing
        if column.type in ("string", "category"):
            spelled = [None if value is None else unicodedata.normalize("NFC", value) for value in frame[name]]
            assert typed[name].to_list() == spelled


@pytest.mark.long
@SETTINGS
@given(tables())
def test_a_guess_is_made_or_refused_in_a_sentence(table):
    _, rows = table
    frame = as_ingested(rows * 40)
    try:
        guess(frame, "c0")
    except MlopsError as error:
        assert str(error)


@pytest.mark.long
@SETTINGS
@given(
    st.lists(st.integers(-(2**127), 2**127 - 1), min_size=1, max_size=20),
    st.sampled_from([pl.Int128, pl.UInt64, pl.Int64, pl.Decimal(38, 0), pl.Decimal(38, 5), pl.Float64, pl.Float32]),
)
def test_no_number_of_a_typed_file_becomes_a_silent_null(numbers, dtype):
    values = pl.Series("a", numbers, dtype=pl.Int128).cast(dtype, strict=False)
    frame = pl.DataFrame([pl.Series(ROW, range(len(numbers)), dtype=pl.Int64), values])
    typed, settled, _ = columns.settle(frame, {}, {})
    assert typed["a"].null_count() == values.null_count()
    if settled["a"].type in ("int", "string") and not isinstance(dtype, pl.Float32 | pl.Float64):
        kept = [None if value is None else int(value) for value in typed["a"].to_list()]
        assert kept == [None if value is None else int(value) for value in values.to_list()]
