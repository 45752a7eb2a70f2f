"""CSV files as people export them: any usual separator, quotes, a byte-order mark, Latin-1, gzip, zstandard."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

import polars as pl

from mlops.errors import DataError
from mlops.files.csv_header import SEPARATORS, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NULL_TEXTS = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?")
"""Texts that usually mean a missing value, for those who write a `nulls:` for a new file."""

DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)
"""What reading a packed file raises that was cut off, written over, or never packed."""

_SAMPLE = 200
_CHUNK = 1 << 20
_NO_SEPARATOR = "\x01"


@dataclass(frozen=True)
class Dialect:
    """How the fields of a file are told apart; a `separator` of None is found by looking."""

    separator: str | None = None
    header: bool = True
    nulls: tuple[str, ...] = ("",)


def scan(path: Path, dialect: Dialect, label: str) -> pl.LazyFrame:
    """Read every field as text, lazily; raises DataError for an empty file or a broken header."""
    content = _utf8(path, label)
    separator = dialect.separator or sniff(_lines(content, label))
    names = _names(content, separator, label) if dialect.header else None
    frame = pl.scan_csv(
        content,
        separator=separator,
        has_header=dialect.header,
        new_columns=names,
        null_values=list(dialect.nulls),
        infer_schema=False,
    )
    # a line without a single value is no row; in a file of one column it is a missing value
    several = len(frame.collect_schema()) > 1
    return frame.filter(~pl.all_horizontal(pl.all().is_null())) if several else frame


def separator_of(path: Path, label: str) -> str:
    """Find the separator of a file by looking; raises DataError for an empty one."""
    return sniff(_lines(_utf8(path, label), label))


def sniff(lines: Sequence[str]) -> str:
    """Find the separator that cuts nearly all lines into the same number of fields, more than one."""
    best, most = SEPARATORS[0], 1
    for separator in SEPARATORS:
        counts = Counter(len(record) for record in csv.reader(lines, delimiter=separator) if record)
        fields, lines_agreeing = counts.most_common(1)[0] if counts else (0, 0)
        if fields > most and lines_agreeing >= 0.9 * counts.total():
            best, most = separator, fields
    return best


def _utf8(path: Path, label: str) -> Path | bytes:
    """Give the file itself where its text is UTF-8, else its text decoded and spelled in UTF-8."""
    if path.suffix == ".zst":
        return path
    try:
        with _open(path) as file:
            start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _whole(path).decode("utf-16").encode("utf-8")
        return path if _is_utf8(path) else _whole(path).decode("latin-1").encode("utf-8")
    except (*DAMAGED, UnicodeDecodeError) as error:
        raise DataError(
            f"{label} cannot be read: it is damaged, or not what its name says", hint="fetch the file again"
        ) from error


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with _open(path) as file:
            for chunk in _chunks(file):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: BinaryIO) -> Iterable[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _whole(path: Path) -> bytes:
    with _open(path) as file:
        return file.read()


def _lines(content: Path | bytes, label: str) -> list[str]:
    try:
        raw = pl.read_csv(
            content,
            has_header=False,
            separator=_NO_SEPARATOR,
            quote_char=None,
            n_rows=_SAMPLE,
            infer_schema=False,
            encoding="utf8-lossy",
        )
    except pl.exceptions.NoDataError as error:
        raise _empty(label) from error
    lines = [line for line in raw.to_series().to_list() if line]
    if not lines:
        raise _empty(label)
    return lines


def _names(content: Path | bytes, separator: str, label: str) -> list[str]:
    """Read the first record as names: trimmed, the nameless numbered; refuses a name that stands twice."""
    try:
        first = pl.read_csv(content, separator=separator, has_header=False, n_rows=1, infer_schema=False)
    except pl.exceptions.NoDataError as error:
        raise _empty(label) from error
    names = list(named(first.row(0)))
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise DataError(
            f"{label}: column names stand more than once in the header: {', '.join(twice[:10])}",
            hint="give each column its own name, or `header: false` with `names` if the file has no header",
        )
    return names


def _empty(label: str) -> DataError:
    return DataError(f"{label} is empty", hint="check where the file comes from")
