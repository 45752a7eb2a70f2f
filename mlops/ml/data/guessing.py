"""A first guess at how a data file is to be read: its kind, its separator and quotes, its texts for a missing value."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from mlops.errors import ConfigurationError
from mlops.files.csv_header import numbered
from mlops.files.row_text import WESTERN, look, only_member
from mlops.ml.data import delimited, sources, types
from mlops.ml.data.missing import null_texts
from mlops.ml.data.parquet import ROW
from mlops.sources.source import ColumnNames, Source

Kind = Literal["csv", "parquet", "arrow", "excel", "jsonl"]
_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".xlsx": "excel",
}
_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")
_TEXTS = ("csv", "jsonl")
_SHOWN = 3
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True)
class Read:
    """How files are read, the table that comes of them with `__row__`, and sentences about what may be otherwise."""

    files: tuple[Path, ...]
    source: Source
    frame: pl.DataFrame
    doubts: tuple[str, ...] = ()


def read(path: Path, *, header: bool = True, names: Sequence[str] | None = None) -> Read:
    """Look at a file or a folder, say how to read it, and read it; without a header columns are named, or counted.

    Raises:
        ConfigurationError: no kind of source has such a file, or the names are not those of its columns.
        DataError: the file cannot be read as what its name says.
    """
    files = _files(path)
    kinds = {_kind(file) for file in files}
    if len(kinds) > 1:
        raise ConfigurationError(f"`{path.name}` holds files of several kinds", hint="keep files of one kind there")
    source = Source(kind=kinds.pop(), path=path.name, names=None if names is None else tuple(names))
    doubts: list[str] = []
    if source.kind == "csv":
        source, doubts = _csv(source, files[0], header=header)
    frame = _frame(source, path)
    if source.kind in _TEXTS:
        nulls = null_texts(frame)
        source = source.model_copy(update={"nulls": ("", *nulls)}) if nulls else source
        frame = _frame(source, path) if nulls else frame
    if source.kind == "csv" and header and (doubt := _headless(frame)):
        doubts.append(doubt)
    return Read(files, source, frame, tuple(doubts))


def _csv(source: Source, file: Path, *, header: bool) -> tuple[Source, list[str]]:
    """Find how the fields of a text file are told apart; what is not certain is said."""
    doubts, found = [], dict[str, object]()
    if file.suffix.lower() != ".zst":  # the reader looks by itself
        separator, quote = delimited.look(file, file.name)
        found = {"separator": separator, "quote": quote}
        if look(file)[0] == WESTERN:
            found["encoding"] = WESTERN
            doubts.append(f"its text is not UTF-8 and is read as {WESTERN}: write another `encoding:` if that is wrong")
    source = source.model_copy(update={**found, "header": header})
    first = delimited.first_record(file, source.dialect, file.name)
    if not header and source.names is None:
        counted = ColumnNames(prefix="column_", count=len(first))
        return source.model_copy(update={"names": counted}), doubts
    if header and source.names is None and (again := sorted(set(numbered(first)) - set(first))):
        doubts.append(f"names that stand twice in the header have a number: {', '.join(again[:10])}")
        source = source.model_copy(update={"duplicates": "number"})
    return source, doubts


def _frame(source: Source, path: Path) -> pl.DataFrame:
    with sources.reading(source):
        return sources.scan(source, path.parent).collect()


def _headless(frame: pl.DataFrame) -> str:
    """Say that names look like a row of data: most are numbers or dates, or values of their own column."""
    names = [name for name in frame.columns if name != ROW]
    if names == [str(place) for place in range(len(names))]:
        return ""
    like = [name for name in names if _is_value(name) or bool((frame[name] == name).any())]
    if 2 * len(like) < len(names) or not like:
        return ""
    shown = ", ".join(f"`{name[:20]}`" for name in like[:_SHOWN])
    return f"the first line looks like data ({shown}): if the file has no header, --no-header --names a,b,c"


def _is_value(name: str) -> bool:
    if _YEAR.fullmatch(name) or not any(map(str.isdigit, name)):  # a table that is wide names its years
        return False
    return types.settle(pl.Series([name])).type in ("int", "float", "date", "datetime")


def _files(path: Path) -> tuple[Path, ...]:
    if not path.is_dir():
        return (path,)
    return sources.parts(path, Source(kind="csv", path=path.name))


def _kind(path: Path) -> Kind:
    packed = path.suffix.lower() in _PACKED
    ending = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    if path.suffix.lower() == ".zip" and ending not in _KINDS and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            ending = Path(only_member(archive, path.name).filename).suffix.lower()
    kind = _KINDS.get(ending)
    if kind is None or (packed and kind not in _TEXTS):
        known = ", ".join(sorted(_KINDS))
        hint = f"known endings: {known}; CSV and JSON may be packed as {', '.join(_PACKED)}"
        raise ConfigurationError(f"`{path.name}` does not say what kind of table it is", hint=hint)
    return kind
