from __future__ import annotations

import json
import zipfile

import polars as pl
import pytest

from mlops.errors import ConfigurationError, DataError
from mlops.ml.data import guessing
from mlops.sources.source import ColumnNames, Source

ROWS = "1.5,red,no\n2.5,blue,yes\n3.5,red,no\n"
HEADLESS = "the first line looks like data ({}): if the file has no header, --no-header --names a,b,c"
NOT_UTF8 = "its text is not UTF-8 and is read as windows-1252: write another `encoding:` if that is wrong"


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes, name="t.csv", **how):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return guessing.read(path, **how)

    return read


def test_a_file_without_a_header_takes_names_or_counts_its_columns(read):
    found = read(ROWS, header=False, names=["size", "hue", "y"])
    assert (found.frame.columns[1:], found.frame.height, found.doubts) == (["size", "hue", "y"], 3, ())
    assert (found.source.header, found.source.names) == (False, ("size", "hue", "y"))
    assert read(ROWS, header=False).source.names == ColumnNames(prefix="column_", count=3)
    with pytest.raises(DataError, match=r"^t\.csv has 3 columns but `names` gives 2$"):
        read(ROWS, header=False, names=["a", "y"])


@pytest.mark.parametrize(
    ("head", "doubts"),
    [
        ("", (HEADLESS.format("`1.5`, `red`, `no`"),)),
        ("size,hue,y\n", ()),
        ("2019,2020,y\n", ()),
        ("0,1,2\n", ()),
        ("red,size,y\n", ()),
        ("5.1,3.5,setosa\n", (HEADLESS.format("`5.1`, `3.5`"),)),
    ],
)
def test_a_header_that_looks_like_data_is_a_doubt(read, head, doubts):
    assert read(head + ROWS).doubts == doubts


def test_names_that_stand_twice_have_a_number_which_the_yaml_declares(read):
    found = read("x,x,x_2,y\n1,2,3,4\n")
    assert found.frame.columns[1:] == ["x", "x_3", "x_2", "y"]
    assert found.source.duplicates == "number"
    assert found.doubts == ("names that stand twice in the header have a number: x_3",)


def test_what_is_no_utf_8_is_said(read):
    found = read("größe,y\n5 €,1\n".encode("cp1252"))
    assert (found.frame.row(0), found.source.encoding, found.doubts) == ((0, "5 €", "1"), "windows-1252", (NOT_UTF8,))


def test_an_archive_of_one_table_is_that_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("rows.csv", "a;y\n1,5;2\n")
    found = guessing.read(tmp_path / "t.zip")
    assert (found.frame.row(0), found.source) == ((0, "1,5", "2"), Source(kind="csv", path="t.zip", separator=";"))


def test_a_folder_is_read_as_its_files_are(tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    pl.DataFrame({"a": [1, 2]}, schema={"a": pl.Int32}).write_parquet(folder / "part-0.parquet")
    pl.DataFrame({"a": [3]}).write_parquet(folder / "part-1.parquet")
    (folder / "_SUCCESS").touch()
    found = guessing.read(folder)
    assert (found.source, found.frame["a"].to_list()) == (Source(kind="parquet", path="rows"), [1, 2, 3])
    (folder / "x.csv").write_text("a\n1\n")
    with pytest.raises(ConfigurationError, match="^`rows` holds files of several kinds$"):
        guessing.read(folder)


def test_files_of_other_types_are_refused_in_a_sentence(tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    pl.DataFrame({"a": [1], "b": [1]}).write_parquet(folder / "0.parquet")
    pl.DataFrame({"a": ["x"], "b": [0.5]}).write_parquet(folder / "1.parquet")
    with pytest.raises(DataError, match="^the files of rows have other types of `a`$"):
        guessing.read(folder)


def test_json_lines_are_text_fields_as_those_of_a_csv_file_are(read):
    rows = [
        {"a": 1.50, "user": {"age": 30, "x": {}}, "big": 2**70, "yes": True},
        {"a": None, "user": {"age": None}, "tags": [1, "é"]},
        {"a": "n/a", "user": {"age": 4}},
    ]
    names = ["__row__", "a", "user.age", "user.x", "big", "yes", "tags"]
    expected = [
        (0, "1.5", "30", "{}", str(2**70), "true", None),
        (1, None, None, None, None, None, '[1, "é"]'),
        (2, None, "4", None, None, None, None),
    ]
    for name, text in (("t.jsonl", "\n\n".join(map(json.dumps, rows))), ("t.json", json.dumps(rows))):
        found = read(text, name)
        assert (found.frame.columns, found.frame.rows()) == (names, expected)
        assert found.source.nulls == ("", "n/a")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.jsonl", '{"a": 1}\n[1]\n', "line 2 of t.jsonl is no JSON object"),
        ("t.jsonl", '{"a": 1}\n{"a": 1, "a": 2}\n', "line 2 of t.jsonl names a key twice"),
        ("t.jsonl", '{"a": 1}\n{"a": \n', "line 2 of t.jsonl is not JSON"),
        ("t.jsonl", '{"a": "\\ud800"}\n', "t.jsonl holds half of a surrogate pair, which is no text"),
        ("t.jsonl", "\n", "t.jsonl is empty"),
        ("t.json", "[1]", "t.json holds no JSON object"),
        ("t.json", "[[", "t.json is not JSON"),
        ("t.jsonl", "[" * 100_000, "t.jsonl is not JSON"),
    ],
)
def test_what_is_no_json_lines_is_refused_in_a_sentence(read, name, content, said):
    with pytest.raises(DataError) as caught:
        read(content, name)
    assert str(caught.value) == said
