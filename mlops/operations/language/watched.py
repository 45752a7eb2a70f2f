"""What is watched has to be where jobs find it, and what is retrained has to take new rows: held against the disk.

The remote and the registry are looked at by rules on the plan; these here need what lies in the repository.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlops.backends import BACKENDS
from mlops.configuration.checking.problem import Problem
from mlops.configuration.monitor import Monitor
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.configuration.reach import is_address as is_shared
from mlops.configuration.reach import stays
from mlops.configuration.runner import own
from mlops.diagnostics import Diagnostic
from mlops.errors import ConfigurationError, DataError
from mlops.files.csv_header import SEPARATORS, fields_of
from mlops.files.remote_folder import is_address
from mlops.files.row_text import utf8
from mlops.operations.declared.rows_folder import rows_folder
from mlops.operations.workspace import Workspace
from mlops.stages.declare.validate import learns_key

_MOST = 100_000  # lines of labels that are looked at


def watched(workspace: Workspace) -> Iterator[Diagnostic]:
    """Find a log or labels that a job cannot find, a source that could not be retrained, and what no job does."""
    covers = BACKENDS[workspace.project.ci.kind].covers
    if covers == "change":
        yield from _without_jobs(workspace)
    for name, loaded in workspace.pipelines.items():
        monitor = loaded.spec.monitor
        if monitor is not None and covers == "everything":
            found = (*_log(workspace.project, name, monitor), *_labels(workspace.root, workspace.project, monitor))
            found += tuple(_retrained(workspace.root, name, loaded.spec, monitor))
            for one in found:
                yield Diagnostic(loaded.origins.where(one.path), one.message, one.hint, one.rule, "warning")


def _without_jobs(workspace: Workspace) -> Iterator[Diagnostic]:
    """Find what GitHub's workflows would do after a merge."""
    hint = "type the verbs, or run them in jobs of your own: docs/engines.md"
    engine = BACKENDS[workspace.project.ci.kind]
    why = f"`ci: {{kind: {engine.name}}}` compiles the jobs of a {engine.change} alone"
    project = workspace.configuration.document("project")
    if workspace.project.environments and project is not None:
        message = f"no job registers or releases: {why}"
        yield Diagnostic(project.where(("environments",)), message, hint, "engine-without-jobs", "warning")
    for loaded in workspace.pipelines.values():
        if loaded.spec.monitor is not None:
            place = loaded.origins.where(("monitor",))
            yield Diagnostic(place, f"no job watches: {why}", hint, "engine-without-jobs", "warning")


def _log(project: Project, name: str, monitor: Monitor) -> Iterator[Problem]:
    if not _reaches(project, monitor.log or ""):
        shown = monitor.log or f".mlops/log/{name}"
        message = f"monitor jobs find no prediction log: {shown} is a folder of the machine that serves"
        hint = "write `log: s3://bucket/folder` (or gs://, az://) under `monitor:`, and let servers ship theirs there"
        path = ("monitor", "log") if monitor.log else ("monitor",)
        yield Problem(path, message, hint, "watched-here")


def _labels(root: Path, project: Project, monitor: Monitor) -> Iterator[Problem]:
    labels = monitor.labels
    if labels is None or _reaches(project, labels) or (not is_address(labels) and (root / labels).is_file()):
        return
    hint = "write an address, such as `labels: s3://bucket/labels.parquet`, or commit the file"
    yield Problem(
        ("monitor", "labels"),
        f"monitor jobs find no labels: {labels} is neither an address nor a file of this repository",
        hint,
        "watched-here",
    )


def _reaches(project: Project, place: str) -> bool:
    """Whether jobs reach an address; a checkout begins with an empty work tree, so a path inside is none."""
    return is_shared(place) or (is_address(place) and own(project.ci.runner) and stays(place))


def _retrained(root: Path, name: str, spec: Pipeline, monitor: Monitor) -> Iterator[Problem]:
    if monitor.retrain is None:
        return
    try:
        rows_folder(root, name, spec)
    except ConfigurationError as error:
        yield Problem(("data", "source"), error.message, error.hint or "", "retrained-never")
    labels = None if monitor.labels is None or is_address(monitor.labels) else root / monitor.labels
    rows = () if labels is None else _rows(labels, monitor.labels_by, spec.data.source.separator)
    yield from _unlabelled(spec, monitor, rows[0] if rows else None)
    for column in _returning(spec, rows):
        message = f"a retraining brings rows of a `{column}` again, and `unique` refuses the whole file for them"
        hint = f"make it unique together with a time, `unique: [[{column}, TIME]]`, or leave `unique` out"
        yield Problem(("data",), message, hint, "retrained-never")


def _unlabelled(spec: Pipeline, monitor: Monitor, header: Sequence[str] | None) -> Iterator[Problem]:
    """Columns that identify or order rows are not sent to a model, so that no log has them: labels must."""
    for column in _unlogged(spec) if header is not None else ():
        if column not in (header or ()):
            message = f"`{column}` of the source is neither logged nor labelled, and no row may lack it"
            yield Problem(
                ("monitor", "labels"), message, f"add the column `{column}` to {monitor.labels}", "retrained-never"
            )


def _rows(path: Path, key: str, declared: str | None) -> tuple[Sequence[str], ...]:
    """Read a CSV file of labels, names first; nothing where there is none here, or another kind of file.

    It is cut by the separator that lets its header have the `key`: the one declared for the source, or another.
    """
    if path.suffix != ".csv" or not path.is_file():
        return ()
    try:
        found = utf8(path)
        text = found.read_text(encoding="utf-8-sig") if isinstance(found, Path) else found.decode()
        lines = text.splitlines()[:_MOST]
        separators = SEPARATORS if declared is None else (declared, *SEPARATORS)
        fits = (one for one in separators if any(key in row for row in fields_of(lines[:1], one)))
        return tuple(fields_of(lines, next(fits, ",")))
    except (DataError, csv.Error):  # the monitor says what is wrong with it
        return ()


def _unlogged(spec: Pipeline) -> list[str]:
    """List the columns that a retraining needs of each row and no request carries."""
    data = spec.data
    named = {*data.keys, data.entity, None if learns_key(spec) else data.split.key}
    named |= {key for joined in data.join for key in joined.keys}
    named |= {joined.as_of.time for joined in data.join if joined.as_of is not None}
    return sorted(name for name in named if name is not None and name not in data.derive)


def _returning(spec: Pipeline, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """List columns that are unique alone and come back: of whom a row is about, and keys that labels name twice."""
    data = spec.data
    alone = {columns[0] for columns in data.unique if len(columns) == 1}
    alone |= {name for name, rule in data.columns.items() if rule.unique and rule.severity == "block"}
    for column in sorted(alone & set(_unlogged(spec))):
        if column == data.entity or _twice(column, rows):
            yield column


def _twice(column: str, rows: Sequence[Sequence[str]]) -> bool:
    if not rows or column not in rows[0]:
        return False
    place = rows[0].index(column)
    values = [row[place] for row in rows[1:] if len(row) > place]
    return len(set(values)) < len(values)
