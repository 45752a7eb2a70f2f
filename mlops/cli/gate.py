"""`mlops gate`: the verdict of the last run."""

from __future__ import annotations

import click

from mlops.cli.options import emit, output, root, say


@click.command(short_help="The verdict of the last run")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--explain", is_flag=True, help="A sentence for every rule.")
@output("text", "json", "md")
def command(names: tuple[str, ...], explain: bool, form: str) -> int:
    """Show what the gates said; exit 2 where one failed, 7 where one is inconclusive."""
    from mlops.app.gate import read_verdict
    from mlops.cli.verdicts import markdown, table
    from mlops.spec.library import Configuration
    from mlops.spec.load import names as pipeline_names

    here = root()
    verdicts = [read_verdict(here, name) for name in names or pipeline_names(Configuration(here))]
    if form == "json":
        emit(
            [{"pipeline": v.pipeline, "verdict": v.verdict, "champion": v.champion, "rules": v.rules} for v in verdicts]
        )
    for verdict in verdicts if form != "json" else ():
        click.echo(markdown(verdict) if form == "md" else table(verdict, explain=explain))
    errors = [error for error in (verdict.error() for verdict in verdicts) if error]
    for error in errors:
        say(f"{error.message}\nhint: {error.hint}")
    return min((error.exit_code for error in errors), default=0)
