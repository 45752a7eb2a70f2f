"""The first line of a CSV file tells what the stage that reads it will call its columns, or nothing."""

from __future__ import annotations

import doctest
import gzip
from pathlib import Path

import pytest

from mlops.files import csv_header
from mlops.files.csv_header import header
from mlops.files.dialect import Dialect
from mlops.ml.data.delimited import scan


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"age,plan,left\n31,free,true\n"),
        ("a.csv", b"age;plan;left\n31,5;free;true\n32,1;paid;true\n"),
        ("a.csv", b'"first, last"|age\nx|1\n'),
        ("a.csv", b" age ,,left\n1,2,3\n"),
        ("a.csv", b"only\n1\n"),
        ("a.csv", "ort\tgröße\r\nKöln\t1\r\n".encode("utf-8-sig")),
        ("a.csv", "ort;größe\nKöln;1\n".encode("latin-1")),
        ("a.csv", "ort;größe\nKöln;1\n".encode("utf-16")),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)),
    ],
)
def test_it_is_what_the_stage_reads(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    read = tuple(scan(path, Dialect(), name).collect_schema().names())
    assert header(path, Dialect(), read) == header(path, Dialect(), ()) == read


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\nage,plan\n"),
        ("a.csv", b"age,age\n1,2\n"),
        ("a.csv", b'"age of\na person",plan\n1,2\n'),
        ("a.csv", b"x" * (1 << 22)),
        ("a.csv.gz", b"age,plan\n"),
        ("a.csv.zst", b"age,plan\n"),
    ],
)
def test_what_does_not_tell_its_columns_in_one_line_has_none(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert header(tmp_path / name, Dialect(), ("age",)) == ()


def test_the_names_that_are_looked_for_say_how_a_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("age,in,years;plan\n1;2\n")
    assert header(path, Dialect(), ()) == ("age", "in", "years;plan")
    assert header(path, Dialect(), ("age,in,years", "plan")) == ("age,in,years", "plan")
    assert header(path, Dialect("|"), ("plan",)) == ("age,in,years;plan",)


def test_the_examples_hold() -> None:
    assert doctest.testmod(csv_header).failed == 0
