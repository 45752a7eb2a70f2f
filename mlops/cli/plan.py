"""`mlops plan`: what will change, and why."""

from __future__ import annotations

import click

from mlops.cli.options import base_option, emit, output, root, say


@click.command(short_help="What will change, and why")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@base_option("Compare with a commit instead of the last recorded run.")
@output("text", "json", "md")
def command(names: tuple[str, ...], base: str | None, form: str) -> int:
    """Show what changed, what will run and why, gates, data, deploys and cost; exit 2 where a budget is exceeded.

    `-o json` is a saved plan: `mlops run NAME --plan FILE` runs it, or refuses when what it was made of moved.
    """
    from mlops.app.plan import plan
    from mlops.app.saved import encode
    from mlops.app.workspace import open_workspace
    from mlops.cli.plans import markdown, text

    planned = plan(open_workspace(root(), names), base)
    if form == "json":
        emit(encode(planned))
    else:
        click.echo(markdown(planned) if form == "md" else text(planned))
    for sentence in planned.over:
        say(f"over budget: {sentence}")
    return 2 if planned.over else 0
