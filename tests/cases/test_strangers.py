"""Further tables as strangers have them, of each kind of trouble at least two: read right, or refused in a sentence."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.errors import ConfigurationError, DataError, MlopsError
from mlops.files.dialect import Dialect
from mlops.ml.data import columns, delimited, types
from mlops.ml.data.derive import derive
from mlops.ml.data.joining import join
from mlops.ml.data.parquet import ROW
from mlops.operations.language.new import create
from mlops.sources.joined import Join
from tests.cases.test_read import Looked

ROWS = 200


def table(sep: str = ",", **columns: Any) -> str:
    made = [[str(column(index)) for column in columns.values()] for index in range(ROWS)]
    return "\n".join([sep.join(columns), *(sep.join(row) for row in made)]) + "\n"


def other(index: int) -> int:
    return index * 7 % 13


def y(index: int) -> int:
    return index % 5 // 3


@pytest.fixture
def look(tmp_path):
    def looked(content: str | bytes, name: str = "t.csv") -> Looked:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Looked(tmp_path / "root", file)

    return looked


# 1: one reader


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (lambda text: text.encode("utf-16"), "t.csv"),
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "t.csv"),
        (lambda text: gzip.compress(text.encode()), "t.csv.gz"),
        (lambda text: text.replace("\n", "\r\n").encode(), "t.csv"),
    ],
    ids=["UTF-16", "with a mark", "packed", "CRLF"],
)
def test_one_table_in_several_coats_is_one_table(look, encode, name):
    found = look(encode(table(city=lambda i: ["Köln", "São Paulo"][i % 2], a=other, y=y)), name)
    assert found.types == {"city": "category", "a": "int", "y": "int"}
    assert found.columns["city"]["in"] == ["Köln", "São Paulo"]


def test_an_array_of_objects_is_read_as_lines_are(look):
    rows = [{"a": other(index), "city": "Köln" if index % 2 else "Bonn", "y": y(index)} for index in range(ROWS)]
    assert look(json.dumps(rows), "t.json").types == {"a": "int", "city": "category", "y": "int"}


# 2: no silent null


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (lambda i: f'"({i * 7 + 1000:,}.50)"' if i % 3 == 0 else f'"{i * 7 + 1000:,}.25"', "float"),
        (lambda i: f"−{i}.5" if i % 4 == 0 else f"{i}.5", "float"),
        (lambda i: f"{1 + i // 90}\u00a0{100 + i % 90}", "int"),
        (lambda i: f"{1 + i // 90}'{100 + i % 90}.50", "float"),
    ],
    ids=["bookkeepers' negatives", "a typeset minus", "thousands by a hard blank", "Swiss thousands"],
)
def test_numbers_as_people_write_them_are_numbers_and_none_is_lost(look, tmp_path, values, kind):
    text = table(a=values, b=other, y=y)
    found = look(text)
    assert found.types["a"] == kind
    raw = delimited.scan(tmp_path / "t.csv", Dialect(), "t.csv").collect().with_row_index(ROW)
    settled = columns.settle(raw, {"a": kind}, {}, (), {})[0]
    assert settled["a"].null_count() == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda i: "31/02/2024" if i == 7 else f"{i % 28 + 1:02}/{i % 12 + 1:02}/2024", "31/02/2024"),
        (lambda i: f"{i * 1.5:.2f}-" if i % 50 == 1 else f"{i * 1.5:.2f}", "1.50-"),
    ],
    ids=["a day that is none", "a sign behind the number"],
)
def test_what_fits_no_type_is_named_and_never_dropped_in_silence(look, values, said):
    found = look(table(a=values, b=other, y=y))
    assert "a" in found.types or said in " ".join(found.notes)
    assert found.types.get("a") in (None, "string", "category")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda i: f"{'$' if i % 2 else '€'}{i % 90}.5", "looks like numbers that are not all written in one way"),
        (lambda i: f"2024-03-{i % 28 + 1:02} {i % 24:02}:{i % 60:02} CET", "the name of a zone, as CET: write them as"),
        (lambda i: f"2024-03-{i % 28 + 1:02}T{i % 24:02}:{i % 60:02}:00+01:00[Europe/Berlin]", "as [Europe/Berlin]"),
    ],
    ids=["two currencies", "a zone's name", "a zone behind an offset"],
)
def test_what_looks_like_a_number_or_a_time_and_is_not_read_is_a_doubt_in_the_open(look, values, said):
    found = look(table(a=values, b=other, y=y))
    assert (found.said(said)[:4], found.out, found.keys) == ("`a` ", {"a": "mixed"}, [])


def test_decimals_that_floats_would_take_for_one_keep_their_digits(tmp_path):
    exact = [Decimal("12345678901234567890.5") + other(i) for i in range(ROWS)]
    frame = pl.DataFrame({"a": pl.Series(exact, dtype=pl.Decimal(38, 2)), "b": range(ROWS), "y": map(y, range(ROWS))})
    frame.write_parquet(tmp_path / "t.parquet")
    assert Looked(tmp_path / "root", tmp_path / "t.parquet").types["a"] in ("string", "category")
    assert types.settle(frame["a"]).values[0] == "12345678901234567890.50"


def test_columns_without_a_name_are_numbered_whatever_the_format(tmp_path):
    rows = range(ROWS)
    frame = pl.DataFrame({"": map(other, rows), "b": rows, " ": map(y, rows), "unnamed_1": [i % 3 for i in rows]})
    frame.write_parquet(tmp_path / "t.parquet")
    found = Looked(tmp_path / "root", tmp_path / "t.parquet", "unnamed_3")
    assert {"unnamed_1_2", "unnamed_1", "unnamed_3"} <= set(found.types)


# 3: a guess degrades in the open


def test_identifiers_that_a_gap_made_numbers_still_hold_their_rows_together(look):
    found = look(table(customer_id=lambda i: "" if i == 3 else f"{1000 + i // 4}.0", a=other, y=y))
    assert found.keys == ["customer_id"]
    assert found.said("1 of 200 rows have no `customer_id`")


def test_things_that_differ_in_blanks_alone_are_a_doubt_in_the_open(look):
    found = look(table(user_id=lambda i: f" u{i // 4} " if i % 2 else f"u{i // 4}", a=other, y=y))
    assert found.said("look the same") == "two levels of `user_id` look the same, ' u0 ' and 'u0'"


# 4: any column name


@pytest.mark.parametrize("name", ["len", "literal", "stratum", "a.b", "col('x')", "__part__x", "select", "null", "λ"])
def test_a_column_may_bear_any_name(look, name):
    assert look(table(**{name: other, "y": y})).types == {name: "int", "y": "int"}


# 5: `mlops new`


@pytest.mark.parametrize(
    "head",
    ["# made by a tool\n# 2024-01-01\n", "sep=;\n", "Report\n\n"],
    ids=["comments", "a line for Excel", "a title"],
)
def test_what_stands_above_the_header_is_refused_in_a_sentence(look, head):
    with pytest.raises(MlopsError) as caught:
        look(head + table(";" if "sep" in head else ",", a=other, b=other, y=y))
    assert "above which nothing may stand" in caught.value.message or "there is no column `y`" in caught.value.message


def test_where_no_column_is_left_it_is_said_what_became_of_each(tmp_path):
    (tmp_path / "t.csv").write_text(table(weight=lambda i: f"{i} kg", k=lambda i: "one", y=y))
    (tmp_path / "conf").mkdir()
    with pytest.raises(ConfigurationError) as caught:
        create(tmp_path, "p", tmp_path / "t.csv", "y")
    assert "`k` (constant)" in caught.value.message
    assert "`weight` (" in caught.value.message


# 7: what is of persons


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("x", lambda i: f"+1 (555) 010-{i:04} x{i % 9}", "telephone numbers"),
        ("customer", lambda i: f'"SMITH, {["ANN", "BOB"][i % 2]} {chr(65 + i % 26)}"', "names"),
    ],
)
def test_what_reaches_or_names_a_person_is_kept_out(look, name, values, what):
    found = look(table(**{name: values}, a=other, y=y))
    assert found.columns[name]["personal"] is True
    assert what in found.said("personal")


@pytest.mark.parametrize(
    ("name", "values"),
    [("customer", lambda i: f"C-{i % 40:04}"), ("extension", lambda i: f"{i % 40} x {i % 7}")],
)
def test_codes_that_look_a_little_like_it_are_none(look, name, values):
    assert "personal" not in look(table(**{name: values}, a=other, y=y)).columns.get(name, {})


# 8: derive and join


def test_a_key_with_zeros_is_no_number_beside_one_that_has_none(tmp_path):
    (tmp_path / "pipelines/shop").mkdir(parents=True)
    (tmp_path / "pipelines/shop/other.csv").write_text("zip,region\n01067,east\n1067,nowhere\n")
    rows = pl.DataFrame({ROW: [0, 1], "zip": ["01067", "99999"]})
    asked = {"source": {"kind": "csv", "path": "other.csv"}, "by": ["zip"], "cardinality": "one"}
    found, told = join(rows, [Join.model_validate(asked)], tmp_path / "pipelines/shop")
    assert found["region"].to_list() == ["east", None]
    assert (told[0].unmatched, told[0].table_rows, told[0].columns) == (1, 2, ("region",))


def test_a_division_by_nothing_is_missing_and_no_infinity():
    frame = pl.DataFrame({"debt": [1.0, 2.0, None], "income": [0.0, 4.0, 2.0]})
    found, types = derive(frame, {"debt": "float", "income": "float"}, {"ratio": "debt / income"})
    assert found["ratio"].to_list() == [None, 0.5, None]
    assert types["ratio"] == "float"


def test_a_folder_of_partitions_is_one_table_with_its_columns(tmp_path):
    for year in (2023, 2024):
        place = tmp_path / f"sales/year={year}"
        place.mkdir(parents=True)
        frame = pl.DataFrame({"a": [other(i) for i in range(ROWS)], "y": [y(i) for i in range(ROWS)]})
        frame.write_parquet(place / "part-0.parquet")
    found = Looked(tmp_path / "root", tmp_path / "sales")
    assert set(found.types) == {"a", "year", "y"}
    assert Path(tmp_path / "root/pipelines/p/data/sales/year=2024/part-0.parquet").is_file()


def test_partitions_that_do_not_agree_are_refused_by_name(tmp_path):
    for place in ("sales/year=2023", "sales/month=01"):
        (tmp_path / place).mkdir(parents=True)
        pl.DataFrame({"a": [1], "y": [0]}).write_parquet(tmp_path / place / "part-0.parquet")
    with pytest.raises(DataError, match="the folders inside sales name different columns"):
        Looked(tmp_path / "root", tmp_path / "sales")
