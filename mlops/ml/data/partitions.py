"""Folders that say a column by their names, as Hive and Spark write them: `year=2024/month=01/part-0.parquet`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from mlops.errors import DataError
from mlops.files.dvc_cache import linked
from mlops.ml.data.names import helper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NO_ROWS = re.compile(r"\.|_(SUCCESS|metadata|common_metadata)$|_(committed|started)_")
"""What a folder of tables holds beside them: hidden files, and what Spark and its like leave."""
_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_DEEPEST = 16
_PLACE = helper("partition")

Values = tuple[tuple[str, str | None], ...]


def files(folder: Path, label: str) -> tuple[Path, ...]:
    """List the files of rows in a folder and in those of its partitions, by name.

    Raises:
        DataError: it holds something else, or folders that name other columns than their neighbours.
    """
    found = tuple(_inside(folder, label, 0))
    if not found:
        raise DataError(f"the folder {label} is empty", hint="keep only files of rows there")
    columns = {file: [name for name, _ in values(file, folder)] for file in found}
    first = columns[found[0]]
    for file, named in columns.items():
        if named != first:
            said = f"`{_shown(first)}` in {_home(found[0], folder)} and `{_shown(named)}` in {_home(file, folder)}"
            raise DataError(
                f"the folders inside {label} name different columns: {said}",
                hint="keep the same levels everywhere, such as year=2024/month=01/",
            )
    if len(set(first)) < len(first):
        raise DataError(f"the folders inside {label} name a column twice: `{_shown(first)}`", hint="rename one level")
    return found


def _inside(folder: Path, label: str, depth: int) -> Iterator[Path]:
    inside = sorted(item for item in folder.iterdir() if not _NO_ROWS.match(item.name))
    foreign = [item.name for item in inside if not _is_ours(item, depth)]
    if foreign:
        what = f"holds {', '.join(foreign[:5])}, no plain files"
        hint = "keep only files of rows there, or folders that name a column: year=2024"
        raise DataError(f"the folder {label} {what}", hint=hint)
    for item in inside:
        if item.is_dir():
            yield from _inside(item, label, depth + 1)
        else:
            yield item


def _is_ours(item: Path, depth: int) -> bool:
    """Whether it is a file of rows, or the folder of a partition; a link counts only where DVC made it."""
    if item.is_symlink():
        return item.is_file() and linked(item) is not None
    return item.is_file() or (item.is_dir() and depth < _DEEPEST and _named(item.name) is not None)


def _named(name: str) -> tuple[str, str | None] | None:
    """Take a column and its value out of the name of a folder; None where it names none.

    >>> _named("city=S%C3%A3o Paulo"), _named("year=__HIVE_DEFAULT_PARTITION__"), _named("old")
    (('city', 'São Paulo'), ('year', None), None)
    """
    column, sign, value = name.partition("=")
    if not column or not sign:
        return None
    return unquote(column), None if value in (_NOTHING, "") else unquote(value)


def values(file: Path, folder: Path) -> Values:
    """Say what the folders between a file and that of its source say of its rows, outermost first."""
    named = (_named(part) for part in file.relative_to(folder).parts[:-1])
    return tuple(each for each in named if each is not None)


def beside(frame: pl.LazyFrame, said: Values, label: str) -> pl.LazyFrame:
    """Set columns beside the rows of a file: texts, as a CSV file has them, so that no `01` becomes a 1 by guess.

    A column that the file has, too, is the file's, where it says the same.

    Raises:
        DataError: it says otherwise.
    """
    known = frame.collect_schema()
    for name, value in said:
        if name in known:
            _refuse_other(frame, name, value, label)
    new = [pl.lit(value, dtype=pl.String).alias(name) for name, value in said if name not in known]
    return frame.with_columns(new) if new else frame


def _refuse_other(frame: pl.LazyFrame, name: str, value: str | None, label: str) -> None:
    found: Sequence[object] = frame.select(pl.col(name).unique().head(2).alias(_PLACE)).collect()[_PLACE].to_list()
    if any(not _same(each, value) for each in found):
        raise DataError(
            f"a file of {label} has other values of `{name}` than its folder, `{name}={value}`",
            hint="move its rows to where they belong, or rename the folder",
        )


def _same(one: object, other: str | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    text = str(one)
    return text == other or (text.isdecimal() and other.isdecimal() and int(text) == int(other))


def _shown(names: Sequence[str]) -> str:
    return "/".join(f"{name}=" for name in names)


def _home(file: Path, folder: Path) -> str:
    return file.parent.relative_to(folder).as_posix()
