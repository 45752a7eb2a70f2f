"""`mlops monitor`: has what a model sees, or how good it is, changed?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mlops.cli.failure import report
from mlops.cli.options import FILE, emit, output, result, root, say
from mlops.extras import need


class _Time(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, _: Any, __: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"`{value}` is no time; write 2026-11-21 or 2026-11-21T08:00:00Z")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--until",
    type=_Time(),
    metavar="TIME",
    help="Judge windows that ended by then. [default: newest record, or now where that is old]",
)
@click.option("--metrics", type=FILE, help="Write Prometheus text to this file as well.")
@click.option(
    "--asking",
    "asks",
    type=FILE,
    help="Write NAME:SHA256 of each report that asks for a retraining to this file as well.",
)
@click.option(
    "--due",
    "schedule",
    metavar="CRON",
    help="Judge nothing: list what a schedule of the compiled workflow is for; everything for an empty one.",
)
@click.option("--env", "environment", metavar="ENVIRONMENT", help="Whose bundle answered. [default: the live one's]")
@output("text", "json")
def command(
    names: tuple[str, ...],
    until: datetime | None,
    metrics: Path | None,
    asks: Path | None,
    schedule: str | None,
    environment: str | None,
    form: str,
) -> int:
    """Judge the prediction logs of pipelines NAMES (all with a `monitor:` by default) against their live bundles.

    What is wrong with one stops no other. The exit code is the worst: 4, 5 or 6 where one could not be judged, else 2
    for an alarm or a data incident, else 7 where too little is known. With --asking, an alarm that asks for a
    retraining is handed on and does not count: `mlops retrain --propose` ends with 2 where it proposes nothing.
    """
    if schedule is not None:
        return _list(schedule, names, form)
    need("train", "`mlops monitor`")
    from mlops.operations.declared.accepted import file_of
    from mlops.operations.watching import monitor
    from mlops.operations.workspace import open_workspace
    from mlops.present.terminal.monitor import lines

    here = root()
    workspace = open_workspace(here, names)
    found = monitor.watch_all(
        workspace, names or monitor.watched_names(workspace), until, environment, now=datetime.now(UTC)
    )
    if metrics is not None:
        monitor.write_metrics(metrics, found.watched)
    handed: dict[str, str] = {}
    if asks is not None:
        handed = monitor.asking(workspace, found)
        monitor.write_asking(asks, handed)
    if form == "json":
        emit([item.document.value() for item in found.watched])
    for item in found.watched if form == "text" else ():
        click.echo("\n".join(lines(item.document)))
        if item.document.status == "data-incident":
            name = item.document.pipeline
            say(f"  repair the feed; where that is how it is now: {file_of(name)}, which somebody else approves")
        say(f"  against {item.told}")
        say(f"  report: {item.page.relative_to(here).as_posix()}")
        if item.unmerged:
            say(f"  {item.unmerged} is not merged: what it accepts counts for nothing yet")
    if form == "text" and not (found.watched or found.failed):
        say("no pipeline has a `monitor:`")
    for error in found.failed.values():
        report(error)
    return monitor.exit_code(found, handed)


def _list(schedule: str, names: tuple[str, ...], form: str) -> int:
    """Print the pipelines that a schedule is for."""
    from mlops.operations.watching.due import due
    from mlops.operations.workspace import open_workspace

    if names:
        raise click.UsageError("--due finds the pipelines: name none")
    found = due(open_workspace(root()), schedule)
    result(form, {"schema_version": 1, "pipelines": found}, found)
    return 0
