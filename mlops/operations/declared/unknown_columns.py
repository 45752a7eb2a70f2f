"""Columns that a pipeline names and its data does not have: told before anything runs, where the header is at hand."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mlops.blocks.image_column import beside
from mlops.configuration.columns import CROSS, Mention, mentions
from mlops.configuration.load import Loaded
from mlops.configuration.pipeline import Pipeline
from mlops.diagnostics import Diagnostic, inside, nearest
from mlops.documents.data import DataReport
from mlops.errors import MlopsError
from mlops.files.csv_header import called
from mlops.files.dvc_cache import linked
from mlops.operations.dvc.lock import read_lock
from mlops.sources import SOURCES
from mlops.sources.joined import Join
from mlops.sources.source import ColumnNames, Source
from mlops.stages.declare.declaration import Subject
from mlops.stages.declare.forecasts import lookback
from mlops.stages.declare.ingest import INGEST
from mlops.stages.declare.own import made_by

_OFFERED = 20
_PARTS = ("year", "month", "day", "weekday", "hour", "unseen", "tokens")
"""What the monitor watches of a date, or of sentences, beside the whole column."""
_FILE = ("data", "source", "path")


class Header(NamedTuple):
    """The columns of a table; `recorded` are those of the last run, and may be others by now."""

    columns: frozenset[str]
    recorded: bool
    shown: str


def unknown(root: Path, pipelines: Mapping[str, Loaded], told: Iterable[Diagnostic] = ()) -> list[Diagnostic]:
    """Find every column that is named and not there; nothing where no header is at hand: the first stage says it then.

    What `derive` or a forecast makes is there, and so is what own stages make. An optional column may be absent, but
    not where results are told by it. Of a pipeline whose file is wrong, as was `told`, no column is looked for.
    """
    places = {found.position for found in told}
    missed = [(loaded, tuple(_unknown(root, name, loaded))) for name, loaded in pipelines.items()]
    sound = (found for loaded, found in missed if found and loaded.origins.where(_FILE) not in places)
    return [each for found in sound for each in found]


def with_unknown(root: Path, pipelines: Mapping[str, Loaded], told: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Add the columns that are not there to what was `told`, and leave out what was told of such a name besides."""
    found = unknown(root, pipelines, told)
    places = {each.position for each in found if each.severity == "error"}
    return [*(each for each in told if each.position not in places), *found]


def _unknown(root: Path, name: str, loaded: Loaded) -> Iterator[Diagnostic]:
    spec = loaded.spec
    named = [mention for mention in mentions(spec) if mention.use != "made"]
    header = at_hand(root, name, spec, {mention.column for mention in named})
    if header is None:
        return
    pictured = {column for image in spec.data.images for column in (image, *beside(image))}
    offered, past = sorted({*header.columns, *pictured, *spec.data.derive}), lookback(spec)
    kept = {*offered, *(() if past is None else past.columns(spec.data.target))}
    read = kept | {column for column, rule in spec.data.columns.items() if rule.optional}
    for mention in named:
        # a cross that is not declared is told by its rule
        crossed = mention.use == "kept" and CROSS in mention.column
        if not {mention.column, _whole(mention)} & (kept if mention.use == "kept" else read) and not crossed:
            yield _finding(loaded, mention, header, offered)


def _whole(mention: Mention) -> str:
    """Give the column that a monitor's `day.weekday` or `review.tokens` is a part of."""
    column, _, part = mention.column.rpartition(".")
    return column if column and mention.path[0] == "monitor" and part in _PARTS else mention.column


def _finding(loaded: Loaded, mention: Mention, header: Header, offered: Sequence[str]) -> Diagnostic:
    said = "was no column of the data at its last run" if header.recorded else f"is not a column of {header.shown}"
    near = nearest(mention.column, offered)
    more = f" and {len(offered) - _OFFERED:,} more" if len(offered) > _OFFERED else ""
    hint = (f"did you mean `{near}`? " if near else "") + f"columns: {', '.join(offered[:_OFFERED])}{more}"
    severity = "warning" if header.recorded else "error"
    place = loaded.origins.where(mention.path, key=mention.key)
    if mention.part is not None:
        place = inside(place, _text(loaded.value, mention.path), mention.part)
    return Diagnostic(place, f"`{mention.column}` {said}", hint, "unknown-column", severity)


def _text(value: Any, path: Sequence[str | int]) -> str:
    for key in path:
        value = value[key]
    return str(value)


def at_hand(root: Path, name: str, spec: Pipeline, wanted: Collection[str]) -> Header | None:
    """Find the columns of a pipeline's table: of its files, read no further than their names, or as recorded."""
    source, folder = spec.data.source, root / "pipelines" / name
    found = [] if spec.stages else [_columns(one, folder, wanted) for one in (source, *source.beside)]
    found += [] if spec.stages else [_joined(one, folder, wanted) for one in spec.data.join]
    if found and all(found):
        return Header(frozenset(column for columns in found for column in columns), False, source.label)
    return _recorded(root, name, spec)


def _joined(asked: Join, folder: Path, wanted: Collection[str]) -> tuple[str, ...]:
    """Give the names that the columns of a joined table have beside the rows."""
    own = {*asked.keys.values(), *(() if asked.as_of is None else (asked.as_of.theirs,))}
    there = asked.columns or tuple(name for name in _columns(asked.source, folder, wanted) if name not in own)
    return tuple(f"{asked.prefix}{name}" for name in there)


def _columns(source: Source, folder: Path, wanted: Collection[str]) -> tuple[str, ...]:
    """Give the names of one source; none where they are not at hand, or the file is broken, which its stage says."""
    if source.names is not None:
        return source.names.spelled() if isinstance(source.names, ColumnNames) else source.names
    kind, path = SOURCES[source.kind], folder / source.path
    if "folder" in kind.can:
        return tuple(kind.can["folder"])
    if source.package is not None or "header" not in kind.functions:
        return ()
    try:
        if path.is_dir():
            path = min(item for item in path.iterdir() if not item.name.startswith("."))
        found: tuple[str, ...] = kind.load("header")(source, path, wanted) if _inside(path, folder) else ()
    except Exception:  # whatever a reader says of a broken file, or of its library that is absent
        return ()
    return called(found)


def _inside(path: Path, folder: Path) -> bool:
    """Whether a file is one of the pipeline's folder; a path that leads out of it has a finding of its own, if any."""
    here = os.path.realpath(folder) + os.sep
    return path.is_file() and (os.path.realpath(path).startswith(here) or linked(path) is not None)


def _recorded(root: Path, name: str, spec: Pipeline) -> Header | None:
    """Give what the last run recorded, where it was of the same source and own stages."""
    folder = f"pipelines/{name}"
    report = DataReport.read(root / folder / "reports/data.json")
    if report is None or not report.header or report.made_by != tuple(made_by(spec)):
        return None
    try:
        locked = read_lock(root, folder).get("ingest")
    except MlopsError:  # a damaged lock is told by who goes by it
        return None
    section = INGEST.section(Subject(name, spec))
    if locked is None or any(locked.section.get(key) != section.get(key) for key in ("source", "join", "images")):
        return None
    return Header(frozenset(report.header), True, "reports/data.json")
