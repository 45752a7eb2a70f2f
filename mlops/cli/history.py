"""`mlops history`: what was live, when, and by whose commit."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import emit, output, root, say
from mlops.cli.tables import columns


@click.command(short_help="What was live, when, and by whose commit")
@click.argument("name")
@click.option("--env", "environment", metavar="E", help="One environment instead of all.")
@output("text", "json")
def command(name: str, environment: str | None, form: str) -> None:
    """Show what was live as NAME, newest first, from the history of its release files on the main line."""
    from mlops.app.releasing.history import shallow
    from mlops.app.releasing.show import past
    from mlops.diagnostics import visible

    here = root()
    moments = past(here, name, environment)
    cut = shallow(here)
    if cut:
        say("note: the history before was not fetched, so what is oldest here may be older: git fetch --unshallow")
    if form == "json":
        emit([{"pipeline": name, **asdict(moment)} for moment in moments])
        return
    rows = [
        (
            moment.environment,
            moment.date[:10],
            (moment.bundle or "nothing")[:19],
            moment.commit[:8],
            visible(moment.author),
            f"#{moment.pull_request}" if moment.pull_request else "–",
            visible(moment.subject)[:72],
        )
        for moment in moments
    ]
    heads = ("environment", "date", "bundle", "commit", "author", "pull request", "subject")
    for line in columns(heads, rows) if rows else ():
        click.echo(line)
    if not rows and not cut:
        say(f"{name} was never live: mlops release {name} --env E")
