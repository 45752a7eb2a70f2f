"""The first line of a CSV file, without a table library: for who wants to know its columns and none of its rows."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import BinaryIO, cast

SEPARATORS = (",", ";", "\t", "|")
_USUAL = 1 << 14  # bytes that are read at first
_LONGEST = 1 << 22  # bytes that may be names


def header(path: Path, separator: str | None, wanted: Collection[str]) -> tuple[str, ...]:
    """Give the column names of a CSV file, plain or gzipped; none where its first line does not tell.

    Where no `separator` is declared the line is cut by the one that lets it have most of the `wanted` names.
    """
    line = _first_line(path)
    if not line.strip() or line.count('"') % 2:  # a name of several lines
        return ()
    try:
        cuts = [next(csv.reader([line], delimiter=one)) for one in ((separator,) if separator else SEPARATORS)]
    except csv.Error:
        return ()
    found = max(map(named, cuts), key=lambda names: (len({*names} & {*wanted}), len(names)))
    return found if len({*found}) == len(found) else ()


def named(fields: Sequence[str | None]) -> tuple[str, ...]:
    """Make names of the fields of a first line: trimmed, those without one numbered.

    >>> named(["age ", None])
    ('age', 'unnamed_2')
    """
    texts = [(field or "").lstrip("\ufeff").strip() for field in fields]
    return tuple(text or f"unnamed_{position}" for position, text in enumerate(texts, start=1))


def _first_line(path: Path) -> str:
    """Read it as UTF-16 where it begins so, as UTF-8 or as Latin-1; empty where it is packed otherwise, or endless."""
    try:
        with _open(path) as file:
            start = file.read(_USUAL)
            if b"\n" not in start:
                start += file.read(_LONGEST)
    except (OSError, EOFError, zlib.error):
        return ""
    if path.suffix == ".zst" or len(start) > _LONGEST:
        return ""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start[: len(start) // 2 * 2].decode("utf-16", errors="replace").partition("\n")[0]
    line = start.partition(b"\n")[0]
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
