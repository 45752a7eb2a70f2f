"""`mlops serve`: answer predictions over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.options import say


@click.command(short_help="Answer predictions over HTTP")
@click.argument("name")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option(
    "--env", "environment", metavar="ENVIRONMENT", help="Serve what is live there. [default: in the live one]"
)
@click.option("--check", is_flag=True, help="Replay the golden rows over HTTP, then stop.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write answers down in this folder, and nowhere else. [default: where `monitor:` of NAME says]",
)
def command(name: str, host: str, port: int, environment: str | None, check: bool, log: Path | None) -> None:
    """Serve the live bundle of pipeline NAME, or the bundle in folder NAME, after its manifest has been verified.

    Where no environment is declared, nothing is ever released, and the last run's bundle is served. A folder may lie
    anywhere: no repository is needed for it, nor any extra of this package.
    """
    from mlops.app.root import search_root
    from mlops.app.running.serve import find_bundle, find_log, replay, start

    here = search_root(Path.cwd())
    bundle, told, place = find_bundle(here, name, environment)
    if told:
        say(told)
    if not check:
        found = None if log or here is None else find_log(here, name, place)
        if found is None:
            start(bundle, host, port, log)
        else:
            start(bundle, host, port, found.folder, found.place)
        return
    replayed = replay(bundle)
    click.echo(f"{replayed.rows} golden rows answered exactly as expected by {replayed.digest}")
    say(f"start to first answer {replayed.ready:.1f} s, {replayed.seconds * 1000:.1f} ms for all rows in one request")
