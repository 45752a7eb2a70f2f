"""A retraining pull request: one more file of data, where the policy asks for it.

The change is the data and nothing else: the source of a pipeline that retrains is a folder of CSV files, and the pull
request adds a file of what was served and labelled since the last one. The pipeline is then stale, CI trains and
judges, and people merge. When the last one was is read off the names of files in Git: nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.blocks.column_rule import ColumnRule
from mlops.blocks.derived import inputs
from mlops.configuration.monitor import Monitor, Rows
from mlops.configuration.pipeline import Pipeline
from mlops.documents.document import version
from mlops.documents.monitor import MonitorReport
from mlops.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError, StaleError
from mlops.ledger.decided import retraining
from mlops.ledger.entry import MODEL
from mlops.operations.auditing.enter import due
from mlops.operations.declared.rows_folder import rows_folder
from mlops.operations.live.live import live_in
from mlops.operations.live.releases import usual
from mlops.operations.newer import HINT, newer
from mlops.operations.reviewing.proposal import Proposal, Proposed, submit
from mlops.operations.watching.monitor import labels_of, report_folder, settings
from mlops.operations.watching.prediction_log import read_log
from mlops.operations.workspace import Workspace
from mlops.present.markdown.retraining import retraining_body

if TYPE_CHECKING:
    from mlops.monitor.new_labelled_rows import Layout

_OPEN = ("created", "updated", "unchanged")
_LARGEST = 50 << 20  # bytes of a file that GitHub takes without a warning


@dataclass(frozen=True)
class Retraining:
    """A decision; `proposal` is None where nothing is proposed, `proposed` what became of it.

    `alarm` is the sentence of the alarm it answers to, empty where the report has none.
    """

    pipeline: str
    why: str
    cause: str
    rows: int
    alarm: str = ""
    proposal: Proposal | None = None
    proposed: Proposed | None = None

    @property
    def delivered(self) -> bool:
        """Whether people see the alarm, if there is one, as a pull request that is open."""
        return not self.alarm or (self.proposed is not None and self.proposed.done in _OPEN)


def retrain(
    workspace: Workspace, name: str, cause: Path | None = None, environment: str | None = None, *, propose: bool = False
) -> Retraining:
    """Decide by the policy of a pipeline and a report of the monitor; with `propose`, open or update the pull request.

    The policy is that of the YAML here; the report, which is the newest of the live environment where no `cause` is
    given, is about the bundle that an environment serves.

    Raises:
        StaleError: nothing is live in the environment, or another bundle than the reported one.
        ConfigurationError: the pipeline has no `monitor.retrain`, or its source is no folder of CSV files.
        DataError: the new rows do not fit into Git, or are not what the source has.
        InfrastructureError: there is no report.
        IntegrityError: the report is none of this pipeline, or of this environment.
    """
    from mlops.monitor import new_labelled_rows, policy

    monitor, spec = settings(workspace, name), workspace.pipelines[name].spec
    if monitor.retrain is None:
        raise ConfigurationError(
            f"{name} has no `monitor.retrain`", hint="write `retrain: {when: [drift]}` under `monitor:`"
        )
    root, project = workspace.root, workspace.project
    live = live_in(root, project, name, environment)
    place = None if live is None else live[0]
    report = _report(cause or report_folder(root, name, place) / "report.json", name, live)
    folder = rows_folder(root, name, spec)
    names = [path.name for path in folder.iterdir()]
    since, end = new_labelled_rows.latest(names, place, usual=place == usual(root, project)), _end(report, monitor)
    found = _rows(workspace, name, place, report, since, end)
    decision = policy.decide(report, monitor.retrain, since, end, found.height)
    key = policy.cause(report, since)
    alarm = report.why if report.status == "alarm" else ""
    if not decision.propose:
        return Retraining(name, decision.why, key, found.height, alarm)
    file = f"pipelines/{name}/{spec.data.source.path}/{new_labelled_rows.name(names, end, place)}"
    text = _spelled(found, spec, root / "pipelines" / name)
    proposal = Proposal(
        branch="/".join(("mlops/retrain", name, *(() if place is None else (place,)), key)),
        title=f"Retrain {name} on labels until {end:%Y-%m-%d}",
        body=retraining_body(report, monitor.retrain, decision.why, found.height, file),
        files={file: text, **due(root, name, MODEL, more=[retraining(file, text.encode(), key)])},
        labels=("retrain",),
    )
    done = submit(root, proposal, base=project.ci.branch) if propose else None
    return Retraining(name, decision.why, key, found.height, alarm, proposal, done)


def _report(path: Path, name: str, live: tuple[str, str] | None) -> MonitorReport:
    """Read a report; `live` is the environment it must be about, and what is live there."""
    make = f"mlops monitor {name}" + ("" if live is None else f" --env {live[0]}")
    if not path.is_file():
        raise InfrastructureError(f"there is no report at {path}", hint=make)
    data = path.read_bytes()
    if newer(found := version(data), 1):
        raise IntegrityError(f"{path} has schema_version {found}, this mlops reads 1", hint=HINT)
    try:
        report = MonitorReport.parse(data)
    except ValueError as error:
        raise IntegrityError(f"{path} is no report of the monitor", hint=make) from error
    about = report.environment
    if report.pipeline != name or (about is not None and about != (live and live[0])):
        where = "" if live is None else f" in {live[0]}"
        raise IntegrityError(f"{path} is no report about {name}{where}", hint=make)
    if live is not None and report.bundle != live[1]:
        raise StaleError(
            f"{path} is about the bundle {report.bundle[:19]}…, but {live[1][:19]}… is live in {live[0]}", hint=make
        )
    return report


def _end(report: MonitorReport, monitor: Monitor) -> datetime:
    """Give the time up to which all labels are in."""
    from mlops.monitor.windows import floor

    until = datetime.fromisoformat(report.until).astimezone(UTC)
    late = 0.0 if monitor.performance is None else monitor.performance.labels_within_days
    return floor(until - timedelta(days=late), "hour" if isinstance(monitor.window, Rows) else monitor.window)


def _rows(
    workspace: Workspace,
    name: str,
    environment: str | None,
    report: MonitorReport,
    since: datetime | None,
    end: datetime,
) -> Any:
    """Read what the reported model was asked between two times and has a label for."""
    from mlops.monitor import log, new_labelled_rows
    from mlops.monitor.windows import Window

    root, until = workspace.root, datetime.fromisoformat(report.until).astimezone(UTC)
    labels = labels_of(workspace, name, environment, until)
    meant = environment == usual(root, workspace.project)
    monitor = settings(workspace, name)
    logged = read_log(root, name, monitor, environment, usual=meant)
    span = log.span(logged.names)
    start = since or (span[0] if span else end)
    records = log.read(logged.bring(start, end), Window(start, end), report.bundle)
    return new_labelled_rows.rows(records, labels, monitor.labels_by)


def _layout(spec: Pipeline, folder: Path, written: Collection[str]) -> Layout:
    """Look at how the source is written; the columns that are to be `written` are read whole, as the pipeline does."""
    from mlops.ml.data import delimited, sources
    from mlops.ml.data.spelling import Spelling
    from mlops.monitor.new_labelled_rows import Layout

    source = spec.data.source
    rows, newest = sources.scan(source, folder), sources.parts(sources.place(source, folder), source)[-1]
    dialect = source.dialect
    separator = delimited.separator_of(newest, dialect, source.label)
    columns = rows.collect_schema().names()[1:]
    with sources.reading(source):
        header = delimited.scan(newest, dialect, source.label).collect_schema().names() if source.header else None
        table = rows.select(column for column in columns if column in written).collect()
    rules = {column.name: spec.data.columns.get(column.name, ColumnRule()) for column in table}
    spellings = {
        column.name: Spelling.of(column, rules[column.name].type, rules[column.name].number) for column in table
    }
    return Layout(columns, header, separator, next(iter(source.nulls), ""), spellings, source.quote)


def _spelled(found: Any, spec: Pipeline, folder: Path) -> str:
    from mlops.monitor import new_labelled_rows

    data = spec.data
    made_of = inputs(data.derive, [data.target])
    required = {*(made_of or {data.target}), *data.keys}
    required |= {column for column in (data.entity, data.split.key) if column is not None}
    text = new_labelled_rows.spelled(found, _layout(spec, folder, found.columns), required)
    if len(text.encode()) > _LARGEST:
        raise DataError(
            f"the new rows take {len(text.encode()) >> 20:,} MiB, more than Git should hold",
            hint="retrain more often, or keep the data with DVC",
        )
    return text
