"""The first line of a CSV file, without a table library: for who wants to know its columns and none of its rows."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

from mlops.errors import DataError
from mlops.files.dialect import Dialect
from mlops.files.row_text import DAMAGED, WESTERN, decoded, encoding_of, ended, opened

SEPARATORS = (",", ";", "\t", "|")
_USUAL = 1 << 14  # bytes that are read at first
_LONGEST = 1 << 22  # bytes that may be names
_LONGEST_NAME = 10_000  # characters; a longer one is a text in a file without a header
_LONGEST_FIELD = 1 << 30


def header(path: Path, dialect: Dialect, wanted: Collection[str]) -> tuple[str, ...]:
    """Give the column names of a CSV file, packed or not; none where its first line does not tell.

    Where no separator is declared the line is cut by the one that lets it have most of the `wanted` names.
    """
    line = _first_line(path, dialect.encoding)
    if not line.strip() or (dialect.quote and line.count(dialect.quote) % 2):  # a name of several lines
        return ()
    separators = (dialect.separator,) if dialect.separator else SEPARATORS
    try:
        cuts = [fields_of([line], one, dialect.quote)[0] for one in separators]
    except csv.Error:
        return ()
    found = max(map(named, cuts), key=lambda names: (len({*names} & {*wanted}), len(names)))
    if max(map(len, found)) > _LONGEST_NAME:
        return ()
    if dialect.number:
        return numbered(found)
    return found if len({*found}) == len(found) else ()


def fields_of(lines: Sequence[str], separator: str, quote: str = '"') -> list[list[str]]:
    """Cut lines into fields, of which one may be longer than Python's usual limit; raises csv.Error."""
    usual = csv.field_size_limit(_LONGEST_FIELD)  # of this process: others go by it
    try:
        if not quote:
            return list(csv.reader(lines, delimiter=separator, quotechar=None, quoting=csv.QUOTE_NONE))
        return list(csv.reader(lines, delimiter=separator, quotechar=quote))
    finally:
        csv.field_size_limit(usual)


def named(fields: Sequence[str | None]) -> tuple[str, ...]:
    """Make names of the fields of a first line: trimmed, composed (NFC), those without one numbered.

    >>> named(["age ", None])
    ('age', 'unnamed_2')
    """
    texts = [unicodedata.normalize("NFC", (field or "").lstrip("\ufeff").strip()) for field in fields]
    return tuple(text or f"unnamed_{position}" for position, text in enumerate(texts, start=1))


def called(names: Sequence[str]) -> tuple[str, ...]:
    """Number the columns that have no name, whatever the format, as the header of a CSV file is read.

    >>> called(["age", " "]), called(["", "unnamed_1"])
    (('age', 'unnamed_2'), ('unnamed_1', 'unnamed_1_2'))
    """
    if all(map(str.strip, names)):
        return tuple(names)
    return numbered([name if name.strip() else f"unnamed_{place}" for place, name in enumerate(names, start=1)])


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Give names that stand more than once a number from the second on, none that another column has.

    >>> numbered(["x", "x", "x_2", "x"])
    ('x', 'x_3', 'x_2', 'x_4')
    """
    taken, found = set(names), list[str]()
    for name in names:
        made, number = name, 1
        while made in found or (number > 1 and made in taken):
            number += 1
            made = f"{name}_{number}"
        found.append(made)
    return tuple(found)


def _first_line(path: Path, encoding: str | None) -> str:
    """Read it; empty where it is packed otherwise, damaged, or endless."""
    try:
        with opened(path) as file:
            start = file.read(_USUAL)
            if not {*b"\r\n"} & {*start}:
                start += file.read(_LONGEST - _USUAL)
        if path.suffix == ".zst" or len(start) >= _LONGEST:
            return ""
        return _line(start, encoding or encoding_of(start, path.name, utf=True))
    except (OSError, DataError, *DAMAGED):
        return ""


def _line(start: bytes, encoding: str) -> str:
    """Decode the first line of a file that may be cut within a character."""
    if "16" in encoding or "32" in encoding:
        whole = start[: len(start) // 4 * 4]
        return ended(whole.decode(encoding, errors="replace")).partition("\n")[0]
    line = start.partition(b"\n" if b"\n" in start else b"\r")[0]
    try:
        return decoded(line, encoding)
    except UnicodeDecodeError:
        return decoded(line, WESTERN)
