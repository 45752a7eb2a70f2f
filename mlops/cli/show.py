"""`mlops show`: what is live where."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import emit, output, root, say
from mlops.cli.tables import columns


@click.command(short_help="What is live where")
@output("text", "json")
def command(form: str) -> None:
    """Show the bundle of every model in every environment, since when, and whether the registry agrees."""
    from mlops.app.releasing.show import show

    shown = show(root())
    if form == "json":
        emit({"schema_version": 1, **asdict(shown)})
        return
    rows = [
        (
            live.environment,
            live.name,
            live.bundle[:19],
            "all" if live.canary is None else f"{live.canary:.4g} first",
            live.since.date[:10] if live.since else "not committed",
            live.registry or "–",
        )
        for live in shown.live
    ]
    for line in columns(("environment", "pipeline", "bundle", "traffic", "since", "registry"), rows) if rows else ():
        click.echo(line)
    if not rows:
        say("nothing is live: mlops release NAME --env E")
    if shown.unreachable:
        say(f"the registry was not asked: {shown.unreachable}")
