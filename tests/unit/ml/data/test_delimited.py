import bz2
import gzip
import io
import lzma
import zipfile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import DataError
from mlops.files.csv_header import SEPARATORS
from mlops.files.dialect import Dialect
from mlops.ml.data import guessing
from mlops.ml.data.delimited import look, scan, sniff


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
        pytest.param("ort;größe\nKöln;1\n".encode("utf-16-be"), id="utf-16 without a mark"),
        pytest.param("ort;größe\nKöln;1\n".encode("utf-32"), id="utf-32"),
        pytest.param("ort;größe\rKöln;1\r".encode(), id="carriage returns alone"),
        pytest.param("ort;größe\rKöln;1".encode("cp1252"), id="carriage returns alone, Windows-1252"),
    ],
)
def test_the_usual_encodings_read_alike(read, encoded):
    assert read(encoded).to_dict(as_series=False) == {"ort": ["Köln"], "größe": ["1"]}


def test_what_is_no_utf_is_windows_1252_and_not_latin_1(read):
    content = bytes(range(0x80, 0x100))
    text = read(b"a,b\n" + content + b",1\n")["a"][0]
    assert text.encode("cp1252", "ignore") == bytes(byte for byte in content if byte not in b"\x81\x8d\x8f\x90\x9d")
    assert (text[0], text[0x13], len(text)) == ("€", "“", 128)


def test_a_declared_encoding_is_that_of_text_which_is_not_utf_8(read):
    assert read("ж,b\nя,1\n".encode("cp1251"), encoding="cp1251").to_dict(as_series=False) == {"ж": ["я"], "b": ["1"]}
    assert read("ж,b\nя,1\n".encode(), encoding="cp1251").columns == ["ж", "b"]
    with pytest.raises(DataError, match=r"^a\.csv is not text in shift_jis$"):
        read(b"a,b\n\xe4,1\n", encoding="shift_jis")


@pytest.mark.parametrize("content", [b"PAR1\0\0\0\x15", b"\xd0\xcf\x11\xe0\0\0a,b\n"])
def test_what_is_no_text_is_refused(read, content):
    with pytest.raises(DataError, match=r"^a\.csv holds zero bytes, which no text has$"):
        read(content)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["a;b", "'x;y';'p'", "'z';'q'"], (";", "'")),
        (["name,b", "O'Brien,1", "'tis,2"], (",", '"')),
        (["a\tb", '"5 nail\t1', "screw\t2", '7" nail\t3'], ("\t", "")),
        (['a,"b, c"', "1,2"], (",", '"')),
        (['"Doe, Jo",1', '"Roe, Al",2'], (",", '"')),
        (['"a","b"', '5",x', '"u","v"'], (",", '"')),
        (["a,b", 'x,"one', 'two"', "y,z"], (",", '"')),
    ],
)
def test_what_stands_around_fields_is_found_by_looking(tmp_path, lines, found):
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert look(tmp_path / "a.csv", "a.csv") == found


@pytest.mark.parametrize("name", ["a.csv.bz2", "a.csv.xz", "a.csv.zip", "A.CSV.GZ"])
def test_a_packed_file_is_read_as_its_name_says(read, name):
    text = "a,b\né,1\n".encode("latin-1")
    packers = {".bz2": bz2.compress, ".xz": lzma.compress, ".zip": zipped, ".GZ": gzip.compress}
    assert read(packers[name[name.rindex(".") :]](text), name=name).row(0) == ("é", "1")


def zipped(content: bytes, *more: str) -> bytes:
    """Give an archive of one file, as macOS makes it, and of more."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("data/", "data/a.csv", "__MACOSX/data/._a.csv", "data/.DS_Store", *more):
            archive.writestr(name, "" if name.endswith("/") else content)
    return made.getvalue()


def test_an_archive_of_several_tables_is_refused(read):
    with pytest.raises(DataError, match=r"^a\.csv\.zip holds 2 files, not one table$"):
        read(zipped(b"a,b\n", "b.csv"), name="a.csv.zip")
    with pytest.raises(DataError, match=r"^a\.csv\.zip cannot be read: it is damaged, or not what its name says$"):
        read(b"a,b\n1,2\n", name="a.csv.zip")


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
        guessing.read(tmp_path / "a.csv.gz")


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
