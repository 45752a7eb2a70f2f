"""Watch what models answered: read the log, judge it against the bundle, write a report outside of Git."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.bundle.contents import Contents
from mlops.configuration.monitor import Monitor, Rows
from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.files.atomic import write_text
from mlops.operations.declared.accepted import acceptances_at, file_of, main_line, waiting
from mlops.operations.live.live import Chosen, choose
from mlops.operations.live.papers import papers_of
from mlops.operations.live.registry import stating_from, tracking_uri
from mlops.operations.live.releases import usual
from mlops.operations.watching.prediction_log import Listed, labels_file, read_log
from mlops.operations.workspace import Workspace

if TYPE_CHECKING:
    from mlops.blocks.column_rule import ColumnType
    from mlops.bundle.papers import Papers
    from mlops.bundle.recipe_items import Target
    from mlops.documents.monitor import MonitorReport
    from mlops.monitor.agreed import Agreed
    from mlops.monitor.windows import Window

EXIT_CODES = {"ok": 0, "alarm": 2, "data-incident": 2, "insufficient": 7}


@dataclass(frozen=True)
class Watched:
    """A report, where it was written, and the metric with its bound where there is one.

    `told` says which bundle answered; `unmerged` names a file of acceptances that are not on the main line yet.
    """

    document: MonitorReport
    page: Path
    bound: tuple[str, float] | None
    told: str
    unmerged: str | None = None


@dataclass(frozen=True)
class Watch:
    """What was found out about several pipelines, and what stopped the others, by name."""

    watched: tuple[Watched, ...]
    failed: Mapping[str, MlopsError]


def watched_names(workspace: Workspace) -> tuple[str, ...]:
    """List the pipelines that have a `monitor:`."""
    return tuple(name for name, loaded in workspace.pipelines.items() if loaded.spec.monitor is not None)


def report_folder(root: Path, name: str, environment: str | None = None) -> Path:
    """Find where the reports of a pipeline in an environment are written; Git ignores it."""
    return root / ".mlops" / "monitor" / name / (environment or "")


def settings(workspace: Workspace, name: str) -> Monitor:
    """Give the `monitor:` of a pipeline.

    Raises:
        ConfigurationError: it has none.
    """
    loaded = workspace.pipelines[name]
    if loaded.spec.monitor is None:
        raise ConfigurationError(
            f"{name} has no `monitor:`", hint=f"write `monitor: {{every: day}}` in {loaded.layers[-1].document.file}"
        )
    return loaded.spec.monitor


def watch(
    workspace: Workspace,
    name: str,
    until: datetime | None = None,
    environment: str | None = None,
    *,
    now: datetime | None = None,
) -> Watched:
    """Judge the log of a pipeline up to a time, by default its newest record's, and write the report.

    A log that ended long before `now` is judged up to then: what it showed at its end is not how things are.

    It is held against the bundle that an environment serves, the live one by default: one that was merged since and is
    not released answered nobody.

    Raises:
        StaleError: nothing is released there.
        ConfigurationError: the pipeline has no `monitor:`, or its labels are not where it says.
        DataError: the labels are not what the model predicts.
        IntegrityError: the bundle or the log is damaged.
        InfrastructureError: there is no bundle, or no log.
    """
    from mlops.monitor import document, judge, log, performance, windows
    from mlops.monitor.reference import Reference
    from mlops.present.monitor import page

    monitor = settings(workspace, name)
    root, project = workspace.root, workspace.project
    chosen = choose(root, name, environment)
    reference = Reference.of(*_reference(workspace, name, chosen, monitor))
    bound = None
    if monitor.performance is not None:
        bound = (monitor.performance.metric, performance.bound(monitor.performance, reference))
    logged = read_log(root, name, monitor, chosen.environment, usual=chosen.environment == usual(root, project))
    span = log.span(logged.names)
    if span is None:
        raise InfrastructureError(
            f"{name}: there is no prediction log in {logged.shown}",
            hint=f"mlops serve {name}{_at(chosen)} writes it; what other machines serve is found by `monitor.log: s3://bucket/folder`",
        )
    ended = False
    if until is None:
        period = None if isinstance(monitor.window, Rows) else monitor.window
        ended = now is not None and windows.silent(span[1], now, period, monitor.drift.out_of)
        until = now if now is not None and ended else span[1]
    labelled = _labelled(workspace, name, chosen.environment, until, bound, reference.recipe.target)
    main = main_line(root, project.ci.branch)
    closed = _windows(monitor, logged, span, reference.bundle, until, ended=ended)
    folders = logged.bring(closed[0].start, closed[-1].end) if closed else ()
    result = judge.judge(
        closed,
        lambda window: log.read(folders, window, reference.bundle),
        until,
        reference,
        monitor,
        labelled,
        _agreed(workspace, name, main),
    )
    found = document.document(result, reference, name, span[1], chosen.environment)
    place = report_folder(root, name, chosen.environment)
    write_text(place / "report.json", found.dumps())
    write_text(place / "report.html", page.render(found, monitor.drift.measure, bound))
    unmerged = file_of(name) if waiting(root, main, name) else None
    return Watched(found, place / "report.html", bound, chosen.told, unmerged)


def _windows(
    monitor: Monitor, logged: Listed, span: tuple[datetime, datetime], bundle: str, until: datetime, *, ended: bool
) -> tuple[Window, ...]:
    """List the windows to judge; after so many records nothing follows, so that the end of a log is a window too."""
    from mlops.monitor import log, windows

    if not isinstance(monitor.window, Rows):
        return windows.closed(span[0], until, monitor.window, monitor.history)
    times = log.times(logged.bring(span[0], until + windows.MOMENT), bundle)
    found = windows.counted(times, until, monitor.window.rows, monitor.history)
    return (*found, windows.Window(span[1] + windows.MOMENT, until)) if ended else found


def _at(chosen: Chosen) -> str:
    return "" if chosen.environment is None else f" --env {chosen.environment}"


def watch_all(
    workspace: Workspace,
    names: Sequence[str],
    until: datetime | None = None,
    environment: str | None = None,
    *,
    now: datetime | None = None,
) -> Watch:
    """Judge several pipelines; what is wrong with one stops no other."""
    watched: list[Watched] = []
    failed: dict[str, MlopsError] = {}
    for name in names:
        try:
            watched.append(watch(workspace, name, until, environment, now=now))
        except MlopsError as error:
            if name not in error.message:
                error.message = f"{name}: {error.message}"
            failed[name] = error
    return Watch(tuple(watched), failed)


def exit_code(watch: Watch, handed: Collection[str] = ()) -> int:
    """Give the worst: an error (the greatest code of several), else 2 for an alarm, else 7 for too little, else 0.

    An alarm of a pipeline whose report is `handed` on does not count: whoever acts on the report answers for it.
    """
    if watch.failed:
        return max(error.exit_code for error in watch.failed.values())
    found = [(item.document.pipeline, item.document.status) for item in watch.watched]
    codes = {EXIT_CODES[status] for name, status in found if not (status == "alarm" and name in handed)}
    return 2 if 2 in codes else max(codes, default=0)


def asking(workspace: Workspace, watch: Watch) -> dict[str, str]:
    """Give the SHA-256 of each report that a retraining may answer: an alarm, or a policy that asks by schedule."""
    found = {}
    for item in watch.watched:
        name = item.document.pipeline
        policy = settings(workspace, name).retrain
        if policy is not None and (item.document.status == "alarm" or "schedule" in policy.when):
            found[name] = hashlib.sha256((item.page.parent / "report.json").read_bytes()).hexdigest()
    return found


def write_asking(path: Path, asking: Mapping[str, str]) -> None:
    """Write a line `NAME:SHA256` for each report that asks; an empty file where none does."""
    write_text(path, "".join(f"{name}:{digest}\n" for name, digest in sorted(asking.items())))


def write_metrics(path: Path, watched: Sequence[Watched]) -> None:
    """Write Prometheus' text format; the only file of the monitor that knows what time it is."""
    from mlops.monitor.exposition import exposition

    bounds = {item.document.pipeline: item.bound for item in watched if item.bound is not None}
    write_text(path, exposition([item.document for item in watched], bounds, time.time()))


def labels_of(
    workspace: Workspace, name: str, environment: str | None, until: datetime, to: ColumnType | None = None
) -> Any:
    """Read the labels that are known at a time, as a table whose target is of the type `to`, or as it is spelt.

    Raises:
        ConfigurationError: there are none, or they lack the target.
        DataError: they are no labels.
    """
    from mlops.monitor import labels

    data = workspace.pipelines[name].spec.data
    monitor = settings(workspace, name)
    file = monitor.labels or ""  # `configuration.checking` has seen that there is one
    declared = {column: rule.type for column, rule in data.columns.items() if rule.type is not None}
    numbers = {column: rule.number for column, rule in data.columns.items() if rule.number is not None}
    nulls, separator = data.source.nulls, data.source.separator
    form = labels.Form(data.target, to, declared, data.derive, nulls, separator, monitor.labels_by, numbers)
    with labels_file(workspace.root, name, file, environment) as path:
        return labels.read(path, file, form, until)


def _reference(workspace: Workspace, name: str, chosen: Chosen, monitor: Monitor) -> tuple[Contents, Papers | None]:
    """Read the bundle that is served, and what was said about it where a bound is relative to that."""
    root, asked = workspace.root, monitor.performance
    contents = Contents.read(chosen.folder, chosen.digest)
    if asked is None or asked.at_least is not None or asked.at_most is not None:
        return contents, None
    fetch = stating_from(tracking_uri(root, workspace.project), name, chosen.digest)
    return contents, papers_of(root, name, contents, fetch=fetch)


def _labelled(
    workspace: Workspace,
    name: str,
    environment: str | None,
    until: datetime,
    bound: tuple[str, float] | None,
    target: Target,
) -> Any:
    from mlops.monitor.judge import Labelled
    from mlops.monitor.labels import type_of

    if bound is None:
        return None
    spec = workspace.pipelines[name].spec
    frame = labels_of(workspace, name, environment, until, type_of(target.classes))
    return Labelled(frame, spec.data.entity, spec.evaluate.bootstrap, bound[1])


def _agreed(workspace: Workspace, name: str, main: str | None) -> Agreed:
    """Gather what the data contract allows to be missing, and the incidents that were accepted and merged."""
    from mlops.monitor.agreed import Agreed

    columns = workspace.pipelines[name].spec.data.columns
    budgets = {column: rule.nulls.at_most for column, rule in columns.items() if rule.nulls is not None}
    return Agreed(budgets, acceptances_at(workspace.root, main, name))
