"""`mlops show`: what is live where."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import emit, output, root, say
from mlops.cli.tables import columns


@click.command(short_help="What is live where")
@click.option("--env", "environment", metavar="ENVIRONMENT", help="What is live there. [default: everywhere]")
@click.option("--bytes", "whole", is_flag=True, help="Read and hash what the registry's store holds, too.")
@output("text", "json")
def command(environment: str | None, form: str, *, whole: bool) -> int:
    """Show the bundle of every model in every environment, since when, and whether the registry agrees.

    Of the registry's copy the list of files is compared; `--bytes` reads all of it. One that is not the bundle is 5.
    Where no environment is declared, nothing is ever released, and the last runs' bundles are shown. Where there are
    environments and nothing is live in any of them, the exit code is 3.
    """
    from mlops.app.releasing.live import LAST_RUN
    from mlops.app.releasing.show import show

    shown = show(root(), environment, whole=whole)
    if form == "json":
        emit({"schema_version": 1, **asdict(shown)})
        return shown.code
    rows = [
        (
            live.environment,
            live.name,
            live.bundle[:19],
            "all" if live.canary is None else f"{live.canary:.4g} first",
            live.since.date[:10] if live.since else "not committed",
            (live.registry or "–") + (f", bytes: {live.bytes}" if live.bytes else ""),
        )
        for live in shown.live
    ]
    for line in columns(("environment", "pipeline", "bundle", "traffic", "since", "registry"), rows) if rows else ():
        click.echo(line)
    for last in shown.last:
        click.echo(f"{last.name}: bundle {last.bundle[:19]}…, {LAST_RUN}")
    for place in shown.silent:
        say(f"nothing is live in {place}: mlops release NAME --env {place}")
    if not (rows or shown.last or shown.silent):
        say("no environment is declared, and nothing ran here: mlops run NAME")
    for name in sorted({live.name for live in shown.live if live.spoilt}):
        say(f"hint: load nothing from there; find out who wrote it, then: mlops repair {name} --registry")
    if shown.unreachable:
        say(f"the registry was not asked: {shown.unreachable}")
    return shown.code
