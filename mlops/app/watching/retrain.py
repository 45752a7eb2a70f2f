"""A retraining pull request: one more file of data, where the policy asks for it.

The change is the data and nothing else: the source of a pipeline that retrains is a folder of CSV files, and the pull
request adds a file of what was served and labelled since the last one. The pipeline is then stale, CI trains and
judges, and people merge. When the last one was is read off the names of files in Git: nothing else is remembered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mlops.app.newer import HINT, newer
from mlops.app.reviewing.markdown import escape
from mlops.app.reviewing.proposal import Proposal, Proposed, submit
from mlops.app.watching.monitor import labels_of, report_folder, settings
from mlops.app.watching.prediction_log import open_log
from mlops.app.watching.rows_folder import rows_folder
from mlops.app.workspace import Workspace
from mlops.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError
from mlops.spec.monitor import Monitor, Retrain
from mlops.spec.pipeline import Pipeline

_LARGEST = 50 << 20  # bytes of a file that GitHub takes without a warning


@dataclass(frozen=True)
class Retraining:
    """A decision; `proposal` is None where nothing is proposed, `proposed` what became of it."""

    pipeline: str
    why: str
    cause: str
    rows: int
    proposal: Proposal | None = None
    proposed: Proposed | None = None


def retrain(workspace: Workspace, name: str, cause: Path | None = None, *, propose: bool = False) -> Retraining:
    """Decide by the policy of a pipeline and a report of the monitor; with `propose`, open or update the pull request.

    Raises:
        ConfigurationError: the pipeline has no `monitor.retrain`, or its source is no folder of CSV files.
        DataError: the new rows do not fit into Git.
        InfrastructureError: there is no report.
        IntegrityError: the report is none of this pipeline.
    """
    from mlops.monitor import part, policy

    monitor, spec = settings(workspace, name), workspace.pipelines[name].spec
    if monitor.retrain is None:
        raise ConfigurationError(
            f"{name} has no `monitor.retrain`", hint="write `retrain: {when: [drift]}` under `monitor:`"
        )
    report = _report(cause or report_folder(workspace.root, name) / "report.json", name)
    folder = rows_folder(workspace.root, name, spec)
    names = [path.name for path in folder.iterdir()]
    since, end = part.latest(names), _end(report, monitor)
    found = _rows(workspace.root, name, spec, monitor, report, since, end)
    decision = policy.decide(report, monitor.retrain, since, end, found.height)
    key = policy.cause(report, since)
    if not decision.propose:
        return Retraining(name, decision.why, key, found.height)
    file = f"pipelines/{name}/{spec.data.source.path}/{part.name(names, end)}"
    text = _spelled(found, spec, workspace.root / "pipelines" / name)
    proposal = Proposal(
        branch=f"mlops/retrain/{name}/{key}",
        title=f"Retrain {name} on labels until {end:%Y-%m-%d}",
        body=_body(name, report, monitor.retrain, decision.why, found.height, file),
        files={file: text},
        labels=("retrain",),
    )
    done = submit(workspace.root, proposal, base=workspace.project.ci.branch) if propose else None
    return Retraining(name, decision.why, key, found.height, proposal, done)


def _report(path: Path, name: str) -> dict[str, Any]:
    if not path.is_file():
        raise InfrastructureError(f"there is no report at {path}", hint=f"mlops monitor {name}")
    try:
        report: dict[str, Any] = json.loads(path.read_bytes())
        datetime.fromisoformat(report["until"])
        if newer(report["schema_version"], 1):
            raise IntegrityError(f"{path} has schema_version {report['schema_version']}, this mlops reads 1", hint=HINT)
        known = report["schema_version"] == 1 and report["pipeline"] == name
        known = known and {"status", "why", "alarms", "bundle"} <= set(report)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{path} is no report of the monitor", hint=f"mlops monitor {name}") from error
    if not known:
        raise IntegrityError(f"{path} is no report about {name}", hint=f"mlops monitor {name}")
    return report


def _end(report: dict[str, Any], monitor: Monitor) -> datetime:
    """Give the time up to which all labels are in."""
    from mlops.monitor.windows import floor

    until = datetime.fromisoformat(report["until"]).astimezone(UTC)
    late = 0.0 if monitor.performance is None else monitor.performance.labels_within_days
    return floor(until - timedelta(days=late), monitor.window)


def _rows(
    root: Path,
    name: str,
    spec: Pipeline,
    monitor: Monitor,
    report: dict[str, Any],
    since: datetime | None,
    end: datetime,
) -> Any:
    """Read what the reported model was asked between two times and has a label for."""
    from mlops.monitor import log, part
    from mlops.monitor.windows import Window

    labels = labels_of(root, name, spec, monitor, datetime.fromisoformat(report["until"]).astimezone(UTC))
    logged = open_log(root, name, monitor)
    listed = logged.names()
    span = log.span(listed)
    start = since or (span[0] if span else end)
    return part.rows(log.read(logged.bring(listed, start, end), Window(start, end), report["bundle"]), labels)


def _spelled(found: Any, spec: Pipeline, folder: Path) -> str:
    from mlops.ml.data import sources
    from mlops.monitor import part
    from mlops.spec.data import brief

    data = spec.data
    source = sources.Source.model_validate(brief(data.source))
    columns = sources.scan(source, folder).collect_schema().names()[1:]
    derived = data.derive.get(data.target)
    required = {data.target if derived is None else derived.source, *data.keys}
    required |= {column for column in (data.entity, data.split.key) if column is not None}
    text = part.spelled(
        found,
        columns,
        required,
        separator=source.separator or ",",
        null=next(iter(source.nulls), ""),
        header=source.header,
    )
    if len(text.encode()) > _LARGEST:
        raise DataError(
            f"the new rows take {len(text.encode()) >> 20:,} MiB, more than Git should hold",
            hint="retrain more often, or keep the data with DVC",
        )
    return text


def _body(name: str, report: dict[str, Any], policy: Retrain, why: str, rows: int, file: str) -> str:
    alarms = [f"- {escape(alarm['sentence'])}" for alarm in report["alarms"] if alarm["kind"] in policy.when]
    lines = [
        f"**{escape(name)}** should learn again: {escape(why)}.",
        "",
        *(alarms or ["- no alarm: the schedule asks for it"]),
        *_accepted(report),
        "",
        f"This adds {rows:,} rows, served by the live model and labelled since, as `{file}`. Nothing else changes: the",
        "pipeline trains on them, and its gates judge the result. Look at the data before you merge: how labels are",
        "collected can favour what the live model already does.",
        "",
        f"Live model: `{escape(report['bundle'])}`. Judged until {escape(report['until'])}.",
    ]
    return "\n".join(lines) + "\n"


def _accepted(report: dict[str, Any]) -> list[str]:
    """List what is known to be wrong with the feed that the new rows come from: whoever merges should know it too."""
    last = report.get("windows") or [{}]
    return [f"- known: {escape(incident['sentence'])}" for incident in last[-1].get("accepted", ())]
