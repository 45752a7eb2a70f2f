"""Where rows come from: a source's files, placed, checked, and read by its kind."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import polars as pl

from mlops.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.files.csv_header import called
from mlops.files.dvc_cache import linked, own_bytes
from mlops.files.system import of_file
from mlops.ml.data import partitions
from mlops.ml.data.names import refuse_kept
from mlops.ml.data.parquet import ROW
from mlops.sources import SOURCES
from mlops.sources.source import ColumnNames, Source

if TYPE_CHECKING:
    from collections.abc import Iterator


def scan(source: Source, folder: Path) -> pl.LazyFrame:
    """Read a source lazily, with `__row__` in front.

    Raises ConfigurationError for a source that contradicts itself and for a path that is absent or leads outside
    `folder`, IntegrityError for other bytes than `sha256` names, DataError for content that cannot be read,
    InfrastructureError for an absent optional library.
    """
    frame = _columns(source, folder)
    if source.beside:
        frame = _side_by_side([source, *source.beside], folder)
    refuse_kept(frame.collect_schema().names(), source.label)
    # numbered while they are read: who asks how many there are must hold or read them twice
    return frame.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Turn what Polars says about broken content into a DataError without a value of the data."""
    try:
        yield
    except pl.exceptions.NoDataError as error:
        raise DataError(f"{source.label} is empty", hint="check where the file comes from") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        if of_file(error):  # a disk that is full, or a right that is lacking: the content may be sound
            raise
        raise DataError(
            f"{source.label} cannot be read as {source.kind}: {_reason(error)}", hint=_cure(source)
        ) from error


def place(source: Source, folder: Path) -> Path:
    """Find the file of a source inside the pipeline's folder or its package, and check its digest."""
    home = folder if source.package is None else _package_folder(source.package)
    relative = PurePosixPath(source.path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in source.path:
        raise ConfigurationError(
            f"the path `{source.path}` leads outside {_home(source, folder)}",
            hint="copy the file into the pipeline's folder and give its path from there",
        )
    path = home / relative
    _must_exist(path, source, folder)
    fence = (home if source.package else folder.parent.parent).resolve()
    if not path.resolve().is_relative_to(fence) and linked(path) is None:
        outside = "the package" if source.package else "the repository"
        raise ConfigurationError(
            f"the path `{source.path}` is a link that leads outside {outside}",
            hint="put the file itself in its place",
        )
    own_bytes(path)
    _must_match(path, source)
    return path


def digest(source: Source, folder: Path) -> str:
    """Name the bytes of a source: of its file, or of its files and those beside them, by name and digest."""
    homes = [(place(each, folder), each) for each in (source, *source.beside)]
    files = [(part, part.relative_to(home).as_posix()) for home, each in homes for part in parts(home, each)]
    if len(files) == 1:
        return digest_file(files[0][0])
    lines = "".join(f"{digest_file(file)}  {name}\n" for file, name in files)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def _columns(source: Source, folder: Path) -> pl.LazyFrame:
    _refuse_contradictions(source)
    path = place(source, folder)
    read = SOURCES[source.kind].load("ingest")
    with reading(source):
        if "folder" in SOURCES[source.kind].can:  # which is one thing, not tables below each other
            return _missing(_renamed(read(source, path), source), source)
        frames = [
            partitions.beside(_renamed(read(source, part), source), partitions.values(part, path), source.label)
            for part in parts(path, source)
        ]
        return _missing(_below(frames, source), source)


def _refuse_contradictions(source: Source) -> None:
    """Stop what `mlops validate` refuses too, where somebody edited params.yaml or calls from Python."""
    if source.package is not None and source.sha256 is None:
        wrong = f"a file of the package {source.package} needs its `sha256`: the package may be upgraded"
    elif not source.header and source.names is None:
        wrong = "`header: false` needs `names`"
    elif ("query" in SOURCES[source.kind].can) != (source.query is not None):
        asking = " or ".join(name for name, kind in SOURCES.items() if "query" in kind.can)
        wrong = f"`kind: {asking}` needs a `query`, and no other kind takes one"
    else:
        return
    raise ConfigurationError(wrong, hint="correct `source`")


def parts(path: Path, source: Source) -> tuple[Path, ...]:
    """List the files of a source that was placed: itself, or those of a folder and its partitions; raises DataError."""
    if path.is_file():
        return (path,)
    inside = partitions.files(path, source.label)
    for item in inside:
        own_bytes(item)
    return inside


def _below(frames: list[pl.LazyFrame], source: Source) -> pl.LazyFrame:
    """Put the rows of several files below each other."""
    columns = [frame.collect_schema().names() for frame in frames]
    if any(names != columns[0] for names in columns):
        raise DataError(f"the files of {source.label} have different columns", hint="give all the same header")
    kinds = {name: {frame.collect_schema()[name] for frame in frames} for name in columns[0]}
    other = [name for name, found in kinds.items() if len(found) > 1 and not all(map(_joins, found))]
    if other:
        raise DataError(
            f"the files of {source.label} have other types of {', '.join(f'`{name}`' for name in other[:5])}",
            hint="write all files with the same types",
        )
    return pl.concat(frames, how="vertical_relaxed")


def _joins(kind: pl.DataType) -> bool:
    """Whether a column of one file may have another such type in the next: numbers, or nothing at all."""
    return kind.is_numeric() or kind == pl.Null


def _side_by_side(sources: list[Source], folder: Path) -> pl.LazyFrame:
    frames = []
    for source in sources:
        with reading(source):
            frames.append(_columns(source, folder).collect())
    heights = {source.label: frame.height for source, frame in zip(sources, frames, strict=True)}
    if len(set(heights.values())) > 1:
        counts = ", ".join(f"{label} {height:,}" for label, height in heights.items())
        raise DataError(f"files that stand side by side have different numbers of rows: {counts}")
    names = [name for frame in frames for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"files that stand side by side share column names: {', '.join(twice[:10])}",
            hint="give other names with `names`",
        )
    return pl.concat(frames, how="horizontal").lazy()


def _renamed(frame: pl.LazyFrame, source: Source) -> pl.LazyFrame:
    if source.names is None:
        return _called(frame)
    names = source.names.spelled() if isinstance(source.names, ColumnNames) else source.names
    found = frame.collect_schema().names()
    if len(names) != len(found):
        raise DataError(
            f"{source.label} has {len(found):,} columns but `names` gives {len(names):,}", hint=_cure(source)
        )
    if len(set(names)) < len(names):
        raise ConfigurationError(f"`names` of {source.label} gives a name twice")
    return frame.rename(dict(zip(found, names, strict=True)))


def _called(frame: pl.LazyFrame) -> pl.LazyFrame:
    found = frame.collect_schema().names()
    names = called(found)
    return frame if names == tuple(found) else frame.rename(dict(zip(found, names, strict=True)))


def _missing(frame: pl.LazyFrame, source: Source) -> pl.LazyFrame:
    """Take texts that somebody named for missing values, whatever the format; where nobody did, only a CSV's "" is."""
    if source.nulls == Source.model_fields["nulls"].default:
        return frame
    return frame.with_columns(pl.col(pl.String).replace(list(source.nulls), None))


def _package_folder(package: str) -> Path:
    found = find_spec(package) if package.isidentifier() else None
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError(f"the package `{package}` is not installed", hint=f"pip install {package}")
    return Path(found.submodule_search_locations[0])


def _must_exist(path: Path, source: Source, folder: Path) -> None:
    if path.is_file() or path.is_dir():
        return
    if path.with_name(f"{path.name}.dvc").exists():
        raise InfrastructureError(f"{source.label} is tracked by DVC but not here", hint=f"dvc pull {path.name}.dvc")
    raise ConfigurationError(f"there is no file `{source.path}` in {_home(source, folder)}", hint="check `source.path`")


def _must_match(path: Path, source: Source) -> None:
    if source.sha256 is None:
        return
    if path.is_dir():
        raise ConfigurationError(
            f"{source.label} is a folder, and `sha256` is of a file", hint="remove `sha256`; DVC's lock has its digest"
        )
    found = digest_file(path)
    if found != source.sha256:
        raise IntegrityError(
            f"{source.label} is not the file that was declared: its digest is {found}",
            hint="restore the file, or, if the change is meant, write this digest in `source.sha256`",
        )


def _home(source: Source, folder: Path) -> str:
    return f"the package {source.package}" if source.package else f"pipelines/{folder.name}"


def _reason(error: Exception) -> str:
    """Say in our own words what is wrong: the library's words may carry values."""
    text = str(error).lower()
    if "more fields" in text or "ragged" in text:
        return "a row has more fields than the first one, above which nothing may stand"
    if "utf-8" in text or "utf8" in text:
        return "its text is not UTF-8"
    return "its content is broken"


def _cure(source: Source) -> str:
    return (
        "check `separator`, `header` and the quotes"
        if source.kind == "csv"
        else f"check that it is a {source.kind} file"
    )
