"""Rows as JSON, an object a line, read as text fields like those of a CSV file: types are found in one way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import polars as pl

from mlops.errors import DataError
from mlops.files.dialect import Dialect
from mlops.files.row_text import opened, utf8

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def scan(path: Path, dialect: Dialect, label: str) -> pl.LazyFrame:
    """Read every field as text, null where a row has none or a text of `nulls`; raises DataError."""
    content = utf8(path, dialect.encoding)
    if isinstance(content, Path):
        with opened(content) as file:
            content = file.read()
    text = content.decode("utf-8-sig")
    rows = [dict(_fields(row)) for row in _objects(text, label)]
    if not rows:
        raise DataError(f"{label} is empty", hint="check where the file comes from")
    names = list(dict.fromkeys(name for row in rows for name in row))
    nulls = frozenset(dialect.nulls)
    table = {name: [None if (value := row.get(name)) in nulls else value for row in rows] for name in names}
    try:
        return pl.LazyFrame(table, schema=dict.fromkeys(names, pl.String))
    except UnicodeEncodeError as error:
        raise DataError(f"{label} holds half of a surrogate pair, which is no text", hint="correct the file") from error


def _objects(text: str, label: str) -> Iterator[dict[str, Json]]:
    """Give the objects of an array, or of lines; empty lines are none."""
    whole = text.lstrip().startswith("[")
    lines = enumerate([text] if whole else text.split("\n"), start=1)
    for number, line in ((number, line) for number, line in lines if line.strip()):
        where = label if whole else f"line {number:,} of {label}"
        try:
            found = json.loads(line, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:
            _refuse(where, "names a key twice" if isinstance(error, _TwiceError) else "is not JSON", error)
        for row in found if whole else [found]:
            if not isinstance(row, dict):
                _refuse(where, "holds no JSON object" if whole else "is no JSON object", None)
            yield row


class _TwiceError(ValueError):
    """A key stands twice: a reader of JSON would keep the last value in silence."""


def _object(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


def _refuse(where: str, what: str, error: Exception | None) -> NoReturn:
    raise DataError(f"{where} {what}", hint="write one object of fields a line") from error


def _fields(row: dict[str, Json], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    """Spell the values of an object as text; those of an object inside it under dotted names."""
    for name, value in row.items():
        if isinstance(value, dict) and value:
            yield from _fields(value, f"{prefix}{name}.")
        elif value is None or isinstance(value, str):
            yield f"{prefix}{name}", value
        else:
            yield f"{prefix}{name}", json.dumps(value, ensure_ascii=False)
