"""`mlops record`: a pull request with what a run of CI's wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops.cli.failure import report
from mlops.cli.options import emit, output, root, say
from mlops.cli.outcomes import pull_request

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="A pull request with what a run of CI's wrote")
@click.argument("names", nargs=-1, required=True, metavar="NAME [NAME ...]")
@click.option("--dry-run", "dry", is_flag=True, help="Say which files it would hold, and open none.")
@click.option("--push", is_flag=True, help="Push what the run wrote to the DVC remote instead.")
@output("text", "json")
def command(names: tuple[str, ...], dry: bool, push: bool, form: str) -> int:
    """Propose dvc.lock, reports and comparisons of pipeline NAME where no commit holds them: CI made its bundle.

    One pull request a pipeline, kept up to date; none where Git records the run already. Only what Git records is
    released. Exit 3 where what lies here is not a run of what is checked out.
    """
    if dry and push:
        raise click.UsageError("--dry-run says what would be proposed: leave --push out")
    from mlops.errors import MlopsError

    here, found, errors = root(), [], []
    for name in names:
        try:
            found.append(_pushed(here, name, form) if push else _recorded(here, name, dry, form))
        except MlopsError as error:
            errors.append(error)
    if form == "json":
        emit(found)
    for refused in errors:
        report(refused)
    return errors[0].exit_code if errors else 0


def _recorded(here: Path, name: str, dry: bool, form: str) -> dict[str, Any]:
    from mlops.operations.releasing.record import record

    made = record(here, name, dry=dry)
    if form == "text":
        said = {"recorded": "recorded already", "unrecorded": "not recorded"}.get(made.state, "")
        click.echo(f"{name} {made.bundle}: {made.proposed.text if made.proposed else said}")
        for file in made.files if dry else ():
            click.echo(f"  {file}")
    return {
        "pipeline": name,
        "bundle": made.bundle,
        "state": made.state,
        "files": list(made.files),
        "pull_request": pull_request(made.proposed),
    }


def _pushed(here: Path, name: str, form: str) -> dict[str, Any]:
    from mlops.cli.annotations import warn
    from mlops.diagnostics import visible
    from mlops.operations.live.keeping import keep

    kept = keep(here, name)
    if kept.why:
        say(visible(f"{name}: nothing was pushed: {kept.why}"))
        warn(f"Only the registry keeps {name}", f"nothing was pushed: {kept.why}")
    elif form == "text":
        click.echo(f"{name}: {kept.pushed:,} objects pushed")
    return {"pipeline": name, "pushed": kept.pushed, "why": kept.why}
