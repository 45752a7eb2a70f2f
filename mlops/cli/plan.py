"""`mlops plan`: what will change, and why."""

from __future__ import annotations

import click

from mlops.cli.options import emit, output, root


@click.command(short_help="What will change, and why")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--base", metavar="REF", help="Compare with a commit instead of the last recorded run.")
@output("text", "json", "md")
def command(names: tuple[str, ...], base: str | None, form: str) -> None:
    """Show the keys that changed, the stages that will run with their reasons, and the gates that apply."""
    from mlops.app.plan import plan
    from mlops.app.workspace import open_workspace
    from mlops.cli.plans import as_json, markdown, text

    planned = plan(open_workspace(root(), names), base)
    if form == "json":
        emit(as_json(planned))
    else:
        click.echo(markdown(planned) if form == "md" else text(planned))
