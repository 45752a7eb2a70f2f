"""`mlops register`: put bundles into the MLflow registry."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import attempt, emit, ended, output, root, say
from mlops.extras import need


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@output("text", "json")
def command(names: tuple[str, ...], form: str) -> int:
    """Register the bundles of pipelines as model versions; without a NAME, of all whose last run passed.

    A bundle that is there already makes no second version; where it passed other rules since, its version says so.
    One that cannot be registered stops no other; the exit code is then that of the first.
    """
    need("registry", "`mlops register`")
    from mlops.operations.releasing.adopted import UNKNOWN
    from mlops.operations.releasing.register import passing, register
    from mlops.operations.workspace import open_workspace

    here = root()
    workspace = open_workspace(here, names)
    every = names or passing(here, sorted(workspace.pipelines))
    found, errors = attempt(every, lambda name: register(workspace, name))
    if form == "json":
        emit([asdict(registered) for registered in found])
    for registered in found if form == "text" else ():
        click.echo(f"{registered.name} version {registered.version}")
        known = "registered already, now as the last run judged it" if registered.stated else "registered already"
        say(f"{'registered' if registered.created else known}: {registered.bundle}")
        if registered.judged == UNKNOWN:
            say("which bundle the run of its pull request judged is not known any more")
        elif registered.judged not in (None, registered.bundle):
            say(f"made again: the run of its pull request judged {registered.judged}")
    code = ended(errors)
    if found:
        say(f"look at them: mlflow ui --backend-store-uri {found[0].tracking}")
    elif not errors:
        say("no pipeline has a bundle that passed")
    return code
