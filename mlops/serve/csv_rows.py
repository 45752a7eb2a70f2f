"""Rows of a request in `text/csv`: a header, then a row a line, spelt as the file of the data is."""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import suppress
from typing import TYPE_CHECKING

from mlops.errors import DataError
from mlops.files.csv_header import SEPARATORS, named
from mlops.files.row_text import decoded, ended

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mlops.bundle.table import Row

_ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-1", "ascii")


class TooMany(DataError):
    """More rows than are answered at a time."""


def known(charset: str) -> bool:
    """Tell whether text in an encoding is read.

    >>> known("UTF-8"), known("latin-1"), known("rot13")
    (True, True, False)
    """
    try:
        return codecs.lookup(charset).name in _ENCODINGS
    except LookupError:
        return False


def rows_of(body: bytes, charset: str, wanted: Collection[str], most: int | None = None) -> list[Row]:
    r"""Read rows of texts, null where a field is empty; fields are cut so that the header has most `wanted` names.

    Raises:
        TooMany: there are more than `most`.
        DataError: the body is no text, has no header, or a line has other fields than that.

    >>> rows_of(b"age;plan\n40,5;\n", "utf-8", {"age", "plan"})
    [{'age': '40,5', 'plan': None}]
    """
    try:
        text = ended(decoded(body, charset)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DataError(f"the body is not text in {charset}") from error
    try:
        return list(_rows(text.lstrip("\r\n"), wanted, most))
    except csv.Error as error:
        raise DataError(f"the body is not CSV: {error}") from error


def _rows(text: str, wanted: Collection[str], most: int | None) -> Iterator[Row]:
    separator, header = max(_headers(text), key=lambda found: len({*found[1]} & {*wanted}))
    if not header:
        raise DataError("the body is empty: send a header row, then a row a line")
    if len({*header}) != len(header):
        raise DataError("the header names a column twice")
    if {*wanted}.isdisjoint(header):
        raise DataError("the header names no column of the model: send one, with a comma, `;`, tab or `|` between")
    records = _records(text, separator)
    next(records)
    for number, record in enumerate(found for found in records if found or len(header) == 1):
        if number == most:
            raise TooMany(f"the request has more than {most:,} rows: send fewer at a time")
        if len(record or [""]) != len(header):
            raise DataError(f"row {number} has {len(record):,} fields, and the header {len(header):,}")
        yield {name: field or None for name, field in zip(header, record or [""], strict=True)}


def _headers(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Cut the first line at each separator that can: quoted names are cut by the one between them alone.

    >>> _headers('"age","plan"')
    [(',', ('age', 'plan'))]
    """
    found = []
    for separator in SEPARATORS:
        with suppress(csv.Error):
            found.append((separator, named(next(_records(text, separator), []))))
    return found or [("", named(next(_records(text, SEPARATORS[0]))))]  # which says what is wrong with it


def _records(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
