"""Watch what models answered: read the log, judge it against the bundle, write a report outside of Git."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlops.app.serve import find_bundle
from mlops.app.workspace import Workspace
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.atomic import write_text
from mlops.files.canonical import dumps
from mlops.spec.monitor import Monitor
from mlops.spec.pipeline import Pipeline

HISTORY = 30  # windows that a report shows
EXIT_CODES = {"ok": 0, "alarm": 2, "data-incident": 2, "insufficient": 7}


@dataclass(frozen=True)
class Watched:
    """A report as JSON, where it was written, and the metric with its bound where there is one."""

    document: Mapping[str, Any]
    page: Path
    bound: tuple[str, float] | None


def watched_names(workspace: Workspace) -> tuple[str, ...]:
    """List the pipelines that have a `monitor:`."""
    return tuple(name for name, loaded in workspace.pipelines.items() if loaded.spec.monitor is not None)


def log_folder(root: Path, name: str, monitor: Monitor) -> Path:
    """Find the prediction log of a pipeline."""
    return root / (monitor.log or f".mlops/log/{name}")


def report_folder(root: Path, name: str) -> Path:
    """Find where the reports of a pipeline are written; Git ignores it."""
    return root / ".mlops" / "monitor" / name


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


def watch(workspace: Workspace, name: str, until: datetime | None = None) -> Watched:
    """Judge the log of a pipeline up to a time, by default its newest record's, and write the report.

    Raises:
        ConfigurationError: the pipeline has no `monitor:`, or its labels are not where it says.
        DataError: the labels are not what the model predicts.
        IntegrityError: the bundle or the log is damaged.
        InfrastructureError: there is no bundle, or no log.
    """
    from mlops.monitor import document, judge, log, page, performance, windows
    from mlops.monitor.reference import Reference

    monitor, spec = settings(workspace, name), workspace.pipelines[name].spec
    reference = Reference.read(find_bundle(workspace.root, name))
    bound = None
    if monitor.performance is not None:
        bound = (monitor.performance.metric, performance.bound(monitor.performance, reference))
    folder = log_folder(workspace.root, name, monitor)
    span = log.span(folder)
    if span is None:
        raise InfrastructureError(
            f"{name}: there is no prediction log in {folder.relative_to(workspace.root).as_posix()}",
            hint=f"mlops serve {name} writes it; another folder is named by `monitor.log`",
        )
    until = until or span[1]
    labelled = _labelled(workspace.root, spec, monitor, until, bound)
    closed = tuple(windows.closed(span[0], until, monitor.window, HISTORY))
    result = judge.judge(
        closed, lambda window: log.read(folder, window, reference.bundle), until, reference, monitor, labelled
    )
    found = document.document(result, reference, name)
    place = report_folder(workspace.root, name)
    write_text(place / "report.json", dumps(found))
    write_text(place / "report.html", page.render(found, monitor.drift.measure, monitor.drift.at_least, bound))
    return Watched(found, place / "report.html", bound)


def exit_code(watched: Sequence[Watched]) -> int:
    """Give 2 where any model alarms, else 7 where too little is known of any, else 0."""
    codes = {EXIT_CODES[item.document["status"]] for item in watched}
    return 2 if 2 in codes else max(codes, default=0)


def write_metrics(path: Path, watched: Sequence[Watched]) -> None:
    """Write Prometheus' text format; the only file of the monitor that knows what time it is."""
    from mlops.monitor.exposition import exposition

    bounds = {item.document["pipeline"]: item.bound for item in watched if item.bound is not None}
    write_text(path, exposition([item.document for item in watched], bounds, time.time()))


def labels_of(root: Path, spec: Pipeline, monitor: Monitor, until: datetime) -> Any:
    """Read the labels that are known at a time, as a table; raises ConfigurationError and DataError."""
    from mlops.ml.data.derive import Derived
    from mlops.monitor import labels
    from mlops.spec.data import brief

    file = monitor.labels or ""  # `spec.checks` has seen that there is one
    derived = {name: Derived.model_validate(brief(rule)) for name, rule in spec.data.derive.items()}
    return labels.read(root / file, file, spec.data.target, derived, until)


def _labelled(root: Path, spec: Pipeline, monitor: Monitor, until: datetime, bound: tuple[str, float] | None) -> Any:
    from mlops.monitor.judge import Labelled

    if bound is None:
        return None
    frame = labels_of(root, spec, monitor, until)
    return Labelled(frame, spec.data.entity, spec.evaluate.bootstrap, bound[1])
