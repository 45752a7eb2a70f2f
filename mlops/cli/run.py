"""`mlops run`: reproduce a pipeline and show its verdict."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.options import root, say
from mlops.extras import need


@click.command(short_help="Reproduce a pipeline")
@click.argument("name")
@click.option(
    "--smoke", is_flag=True, help="Every stage on a little data, in a folder of its own; nothing is recorded."
)
@click.option(
    "--plan",
    "file",
    type=click.Path(path_type=Path),
    help="Run what this plan says (`mlops plan -o json`); exit 3 where something it was made of moved.",
)
def command(name: str, smoke: bool, file: Path | None) -> int:
    """Run what is stale of pipeline NAME and show its verdict; exit 2 for a failed gate, 7 for an inconclusive one."""
    need("train", "`mlops run`")
    from mlops.app.running.run import run_pipeline
    from mlops.app.workspace import open_workspace
    from mlops.cli.verdicts import table

    if smoke and file is not None:
        raise click.UsageError("a smoke run is of no plan: leave out --smoke or --plan")
    here = root()
    if file is not None:
        from mlops.app.planning.apply import apply

        verdict = apply(here, name, file)
    elif smoke:
        from mlops.app.running.smoke import ROWS
        from mlops.app.running.smoke import smoke as run_smoke

        workspace = open_workspace(here, (name,))
        click.echo(table(run_smoke(here, workspace.pipeline(name)), explain=False))
        say(f"a smoke run: at most {ROWS:,} rows and a few epochs; its verdict is no evidence")
        return 0
    else:
        verdict = run_pipeline(open_workspace(here, (name,)), name)
    click.echo(table(verdict, explain=False))
    say(f"report: pipelines/{name}/reports/report.html")
    error = verdict.error()
    return 0 if error is None else error.exit_code
