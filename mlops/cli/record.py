"""`mlops record`: a pull request with what a run of CI's wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.annotations import warn
from mlops.cli.options import attempt, ended, output, result, root, say
from mlops.cli.outcomes import pull_request
from mlops.diagnostics import visible

if TYPE_CHECKING:
    from mlops.operations.releasing.record import Record


@click.command()
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
    if push:
        return _push(root(), names, form)
    from mlops.operations.releasing.record import record

    here = root()
    found, errors = attempt(names, lambda name: record(here, name, dry=dry))
    value = [
        {
            "pipeline": made.name,
            "bundle": made.bundle,
            "state": made.state,
            "files": made.files,
            "pull_request": pull_request(made.proposed),
        }
        for made in found
    ]
    result(form, value, (line for made in found for line in _lines(made, dry=dry)))
    return ended(errors)


def _lines(made: Record, *, dry: bool) -> Iterator[str]:
    said = {"recorded": "recorded already", "unrecorded": "not recorded"}.get(made.state, "")
    yield f"{made.name} {made.bundle}: {made.proposed.text if made.proposed else said}"
    yield from (f"  {file}" for file in made.files if dry)


def _push(here: Path, names: tuple[str, ...], form: str) -> int:
    from mlops.operations.live.keeping import keep

    found, errors = attempt(names, lambda name: (name, keep(here, name)))
    for name, kept in found:
        if kept.why:
            say(visible(f"{name}: nothing was pushed: {kept.why}"))
            warn(f"Only the registry keeps {name}", f"nothing was pushed: {kept.why}")
    value = [{"pipeline": name, "pushed": kept.pushed, "why": kept.why} for name, kept in found]
    result(form, value, (f"{name}: {kept.pushed:,} objects pushed" for name, kept in found if not kept.why))
    return ended(errors)
