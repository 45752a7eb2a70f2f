import gzip

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import DataError
from mlops.ml.data.delimited import SEPARATORS, Dialect, scan, sniff
from mlops.ml.data.guessing import guess_source


@pytest.fixture
def read(tmp_path):
    def read(content: bytes, name="a.csv", **dialect):
        path = tmp_path / name
        path.write_bytes(content)
        return scan(path, Dialect(**dialect), name).collect()

    return read


@pytest.mark.parametrize("separator", SEPARATORS)
def test_the_separator_is_found_by_looking(read, separator):
    rows = [["id", "what", "how much"], ["1", "a", "2.5"], ["2", "b", "3.5"]]
    content = "\n".join(separator.join(row) for row in rows).encode()
    assert read(content).to_dict(as_series=False) == {"id": ["1", "2"], "what": ["a", "b"], "how much": ["2.5", "3.5"]}


def test_separators_inside_quotes_do_not_mislead():
    assert sniff(['a;"x,y,z"', 'b;"p,q,r"', "c;d"]) == ";"


def test_a_file_of_one_column_needs_no_separator(read):
    assert read(b"x\n1\n\n3\n")["x"].to_list() == ["1", None, "3"]


@given(
    st.lists(st.tuples(*[st.text("abc ", min_size=1, max_size=5)] * 3), min_size=1, max_size=30),
    st.sampled_from(SEPARATORS),
)
def test_any_table_of_plain_words_gives_its_separator_away(rows, separator):
    assert sniff([separator.join(row) for row in rows]) == separator


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("ort;größe\nKöln;1\n".encode(), id="utf-8"),
        pytest.param("ort;größe\nKöln;1\n".encode("utf-8-sig"), id="byte-order mark"),
        pytest.param("ort;größe\r\nKöln;1\r\n".encode("latin-1"), id="latin-1, Windows lines"),
        pytest.param("ort;größe\nKöln;1\n".encode("utf-16"), id="utf-16"),
    ],
)
def test_the_usual_encodings_read_alike(read, encoded):
    assert read(encoded).to_dict(as_series=False) == {"ort": ["Köln"], "größe": ["1"]}


def test_gzip_is_told_by_the_name(read):
    assert read(gzip.compress("a,b\né,1\n".encode("latin-1")), name="a.csv.gz").row(0) == ("é", "1")


def overwritten(content: bytes) -> bytes:
    """Give a gzip file whose middle was written over."""
    packed = bytearray(gzip.compress(content))
    packed[len(packed) // 2 : len(packed) // 2 + 60] = bytes(60)
    return bytes(packed)


MANY = b"a,b\n" + b"\n".join(b"%d,%d" % (number, number * number) for number in range(3000))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a,b\n1,2\n", id="not packed"),
        pytest.param(gzip.compress(MANY)[:-1000], id="cut off"),
        pytest.param(overwritten(MANY), id="written over"),
    ],
)
def test_a_damaged_gzip_file_is_refused(read, tmp_path, content):
    words = r"^a\.csv\.gz cannot be read: it is damaged, or not what its name says$"
    with pytest.raises(DataError, match=words):
        read(content, name="a.csv.gz")
    with pytest.raises(DataError, match=words):
        guess_source(tmp_path / "a.csv.gz")


def test_quotes_protect_separators_and_newlines(read):
    assert read(b'a,b\n"x,y","p\nq"\n').row(0) == ("x,y", "p\nq")


def test_missing_texts_become_null_and_empty_lines_are_no_rows(read):
    frame = read(b"a,b\nNA,1\n\n,2\n\n", nulls=("", "NA"))
    assert frame.to_dict(as_series=False) == {"a": [None, None], "b": ["1", "2"]}


def test_names_are_trimmed_and_the_nameless_are_numbered(read):
    assert read(b" a ,,c\n1,2,3\n").columns == ["a", "unnamed_2", "c"]


def test_a_name_that_stands_twice_is_refused(read):
    with pytest.raises(DataError) as caught:
        read(b"a,b,a\n1,2,3\n")
    assert caught.value.message == "a.csv: column names stand more than once in the header: a"


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(read, content):
    with pytest.raises(DataError, match=r"^a\.csv is empty$"):
        read(content)


def test_every_field_is_read_as_text(read):
    assert set(read(b"a,b\n1,2.5\n").dtypes) == {pl.String()}
