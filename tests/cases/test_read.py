"""Tables as strangers have them: what `mlops new` makes of each, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml

from mlops.bundle.recipe_items import Target
from mlops.errors import DataError
from mlops.files.dialect import Dialect
from mlops.ml.data import columns, delimited
from mlops.ml.data.encoding import encode
from mlops.ml.data.missing import null_texts
from mlops.ml.data.parquet import ROW
from mlops.ml.data.spelling import Spelling
from mlops.monitor import labels, new_labelled_rows
from mlops.operations.language.new import create

CASES = Path(__file__).parent


class Looked:
    """What `mlops new` wrote of a file, and said."""

    def __init__(self, root: Path, file: Path, target: str = "y") -> None:
        (root / "conf").mkdir(parents=True, exist_ok=True)
        self.notes = create(root, "p", file, target).notes
        data = yaml.safe_load((root / "conf/data/p.yaml").read_text(encoding="utf-8"))
        self.source = {key: value for key, value in data["source"].items() if key not in ("kind", "path")}
        self.columns = data["columns"]
        self.types = {column: rule["type"] for column, rule in data["columns"].items()}
        self.keys = data.get("keys", [])
        self.out = {column: reason for reason, columns in data.get("exclude", {}).items() for column in columns}

    def said(self, part: str) -> str:
        """Give the one note that has a part of a sentence."""
        (note,) = [note for note in self.notes if part in note]
        return note


@pytest.fixture
def look(tmp_path):
    return lambda name, target="y": Looked(tmp_path / Path(name).stem, CASES / name, target)


def test_a_field_longer_than_pythons_limit_is_read(tmp_path):
    rows = [f"{index},{'x' * 140_000 if index == 7 else 'short'},{index % 2}" for index in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["a,note,y", *rows]) + "\n")
    assert Looked(tmp_path, tmp_path / "a.csv").types == {"a": "int", "note": "category", "y": "int"}


def test_lines_that_end_in_a_carriage_return_alone_are_lines(look):
    found = look("11-carriage-return-only/cr.csv")
    assert (found.types, found.source) == ({"a": "float", "b": "int", "c": "category", "y": "int"}, {})


MISSING = [
    *("#N/A", "n/a", "na", "N.A.", "-", ".", r"\N", "missing", "Missing", "(null)", "NULL", "#DIV/0!", "#NV", "<NA>"),
    *(" N/A ", "--", "#WERT!", "None"),
]


@pytest.mark.parametrize("text", MISSING)
def test_usual_texts_for_missing_are_known_in_any_case_and_with_blanks(text):
    values = [text if index in (5, 77) else f"{index / 7:.4f}" for index in range(400)]
    assert null_texts(pl.DataFrame({"a": values})) == (text,)


def test_a_column_is_not_lost_for_the_texts_of_excel(look):
    found = look("07-number-with-a-few-odd-texts/odd.csv")
    assert (found.types["a"], found.keys, found.out) == ("float", [], {})
    assert found.said("missing") == "read as missing: '#N/A'"


def test_other_texts_between_numbers_are_a_doubt_in_the_open(tmp_path):
    rows = [f"{'lost' if index in (5, 77) else f'{index / 7:.4f}'},{index % 2}" for index in range(400)]
    (tmp_path / "a.csv").write_text("\n".join(["a,b,y", *(f"{index % 9},{row}" for index, row in enumerate(rows))]))
    found = Looked(tmp_path, tmp_path / "a.csv")
    assert (found.keys, found.out) == ([], {"b": "mixed"})
    assert found.said("398") == (
        """398 of 400 values of `b` are numbers, the others are 'lost': write `nulls: ["", "lost"]`, or correct them"""
    )


def test_the_index_of_pandas_is_not_learnt_from(look):
    found = look("09-pandas-index/pidx.parquet")
    assert (found.types, found.out) == ({"a": "float", "y": "int"}, {"__index_level_0__": "index"})


def test_times_as_bigquery_exports_them_are_times(look):
    assert look("10-bigquery-utc/bqutc.csv").types["seen"] == "datetime"


def test_times_with_and_without_a_zone_are_a_doubt_in_the_open(look):
    assert look("12-mixed-zones/mixedtz.csv").said("zone") == (
        "200 of 400 times of `seen` have no zone and are taken as written, beside others that are moved to UTC: they "
        "may be hours apart; write all with a zone, as 2030-12-31T08:30:00+02:00"
    )


def test_a_label_in_two_unicode_forms_is_one(look):
    assert "binary" in look("24-labels-in-two-unicode-forms/nfd.csv").said("task")


def test_levels_that_look_the_same_are_a_doubt_in_the_open(tmp_path):
    hidden = "\u200b"
    rows = [f"bar{hidden * (index % 3 == 0)},{index % 7},{index % 2}" for index in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    found = Looked(tmp_path, tmp_path / "a.csv")
    assert found.said("look the same") == "two levels of `a` look the same, 'bar' and 'bar\\u200b'"


def test_a_column_that_is_left_out_is_held_to_nothing():
    raw = pl.DataFrame({ROW: [0, 1, 2], "a": ["1", "inf", "2"], "b": ["1", "2", "3"], "y": ["x", "y", "x"]})
    held = [check.name for apart in ((), ("a",)) for check in columns.settle(raw, {}, {}, apart)[2] if not check.passed]
    assert held == ["finite"]


@pytest.mark.parametrize(
    ("name", "column", "form"),
    [
        ("pct", "rate", {"percent": True}),
        ("pct", "price", {"thousands": ",", "currency": "$"}),
        ("thousands", "amount", {"decimal": ",", "thousands": "."}),
        ("usthousands", "amount", {"thousands": ","}),
    ],
)
def test_numbers_with_thousands_percent_and_currency_are_read_and_declared(look, name, column, form):
    found = look(f"07-number-with-a-few-odd-texts/{name}.csv")
    assert (found.types[column], found.keys, found.out) == ("float", [], {})
    assert found.columns[column]["number"] == form


@pytest.mark.parametrize(
    ("name", "classes", "read"),
    [("yesno", (False, True), [1, 0]), ("codes", ("01", "02"), [1, 0]), ("na", (0, 1), [1])],
)
def test_labels_are_read_as_the_target_is(name, classes, read):
    form = labels.Form("y", labels.type_of(classes), nulls=("", "NA"))
    path = CASES / f"05-labels-not-spelt-as-the-data/labels-{name}.csv"
    frame = labels.read(path, path.name, form, datetime(2026, 12, 31, tzinfo=UTC))
    assert encode(Target(name="y", classes=classes), frame).tolist() == read


def test_a_retraining_writes_as_the_file_is_written():
    path = CASES / "15-retrain-writes-another-spelling/euro.csv"
    table = delimited.scan(path, Dialect(), path.name).collect()
    spellings = {column.name: Spelling.of(column) for column in table}
    rows = pl.DataFrame({"amount": [1.288], "day": ["2025-12-01"], "c": ["red"], "y": [1]})
    layout = new_labelled_rows.Layout(table.columns, table.columns, ";", "", spellings)
    assert new_labelled_rows.spelled(rows, layout, ()) == "amount;day;c;y\n1,288;01.12.2025;red;1\n"


def test_a_retraining_quotes_as_the_file_quotes():
    spellings = {"a": Spelling("string")}
    rows = pl.DataFrame({"a": ["x;y"]})
    quoted, bare = (new_labelled_rows.Layout(["a"], ["a"], ";", "", spellings, quote) for quote in ("'", ""))
    assert new_labelled_rows.spelled(rows, quoted, ()) == "a\n'x;y'\n"
    with pytest.raises(DataError, match="a new value holds a separator, and the source quotes nothing"):
        new_labelled_rows.spelled(rows, bare, ())
