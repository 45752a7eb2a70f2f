"""CSV files as people export them: any usual separator, quotes, encoding and line end, packed or not."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import DataError
from mlops.files.csv_header import SEPARATORS, fields_of, named, numbered
from mlops.files.dialect import Dialect
from mlops.files.row_text import utf8

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SAMPLE = 200
_NO_SEPARATOR = "\x01"


def scan(path: Path, dialect: Dialect, label: str) -> pl.LazyFrame:
    """Read every field as text, lazily; raises DataError for an empty file or a broken header."""
    content = utf8(path, dialect.encoding)
    separator = dialect.separator or sniff(_lines(content, label), dialect.quote)
    quote = dialect.quote or None
    names = _names(content, separator, dialect, label) if dialect.header else None
    frame = pl.scan_csv(
        content,
        separator=separator,
        quote_char=quote,
        has_header=dialect.header,
        new_columns=names,
        null_values=list(dialect.nulls),
        infer_schema=False,
        glob=False,
    )
    # a line without a single value is no row; in a file of one column it is a missing value
    several = len(frame.collect_schema()) > 1
    return frame.filter(~pl.all_horizontal(pl.all().is_null())) if several else frame


def separator_of(path: Path, dialect: Dialect, label: str) -> str:
    """Find the separator of a file by looking; raises DataError for an empty one."""
    return dialect.separator or sniff(_lines(utf8(path, dialect.encoding), label), dialect.quote)


def look(path: Path, label: str) -> tuple[str, str]:
    """Find the separator of a file and what it quotes with, by looking; raises DataError for an empty one."""
    lines = _lines(utf8(path), label)
    quote = _quote(lines)
    return sniff(lines, quote), quote


def sniff(lines: Sequence[str], quote: str = '"') -> str:
    """Find the separator that cuts nearly all lines into the same number of fields, more than one."""
    return max(SEPARATORS, key=lambda separator: _cut(lines, separator, quote))


def _cut(lines: Sequence[str], separator: str, quote: str) -> int:
    """Count the fields that nearly all lines are cut into; 1 where they do not agree."""
    try:
        counts = Counter(len(record) for record in fields_of(lines, separator, quote) if record)
    except csv.Error:
        return 1
    fields, agreeing = counts.most_common(1)[0] if counts else (1, 0)
    return fields if agreeing >= 0.9 * counts.total() else 1


def _quote(lines: Sequence[str]) -> str:
    """Find what stands around fields: `"`, or `'`, or nothing where some text begins or ends with `"` by itself."""
    opened, closed = _around(lines, "'")
    if min(opened, closed) >= max(0.9 * max(opened, closed), len(lines) / 2):
        return "'"
    opened, closed = _around(lines, '"')
    cut = fields_of(lines, sniff(lines, ""), "")
    whole = any(len(field) > 1 and field[0] == field[-1] == '"' for record in cut for field in record)
    alike = len({len(record) for record in cut}) == 1 and len(cut[0]) > 1
    return "" if opened != closed and alike and not whole else '"'


def _around(lines: Sequence[str], quote: str) -> tuple[int, int]:
    """Count where a field begins with a quote, and where one ends with it."""
    one = sniff(lines, quote)
    begun = sum(line.count(f"{one}{quote}") + line.startswith(quote) for line in lines)
    return begun, sum(line.count(f"{quote}{one}") + line.endswith(quote) for line in lines)


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
            glob=False,
        )
    except pl.exceptions.NoDataError as error:
        raise _empty(label) from error
    # a carriage return within a line is no end of it, which Python's reader would stumble over
    lines = [line.rstrip("\r").replace("\r", " ") for line in raw.to_series().to_list() if line]
    if not lines:
        raise _empty(label)
    return lines


def first_record(path: Path, dialect: Dialect, label: str) -> tuple[str, ...]:
    """Read the first record as names, which may stand twice; raises DataError for an empty file."""
    content = utf8(path, dialect.encoding)
    separator = dialect.separator or sniff(_lines(content, label), dialect.quote)
    return _first(content, separator, dialect, label)


def _first(content: Path | bytes, separator: str, dialect: Dialect, label: str) -> tuple[str, ...]:
    quote = dialect.quote or None
    try:
        first = pl.read_csv(
            content,
            separator=separator,
            quote_char=quote,
            has_header=False,
            n_rows=1,
            infer_schema=False,
            glob=False,
            truncate_ragged_lines=True,  # a longer one below is told where rows are read
        )
    except pl.exceptions.NoDataError as error:
        raise _empty(label) from error
    return named(first.row(0))


def _names(content: Path | bytes, separator: str, dialect: Dialect, label: str) -> list[str]:
    """Read the first record as names: trimmed, the nameless numbered; a name that stands twice too, or refused."""
    names = _first(content, separator, dialect, label)
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice and not dialect.number:
        raise DataError(
            f"{label}: column names stand more than once in the header: {', '.join(twice[:10])}",
            hint="write `duplicates: number` under `source:`, or `header: false` with `names` if it has no header",
        )
    return list(numbered(names))


def _empty(label: str) -> DataError:
    return DataError(f"{label} is empty", hint="check where the file comes from")
