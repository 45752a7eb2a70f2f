"""`mlops stage`: what `dvc repro` calls."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.extras import need
from mlops.stages.declare.order import STAGES


@click.command()
@click.argument("names", metavar="NAME", nargs=-1, type=click.Choice(STAGES))
@click.option("--own", metavar="NAME", help="Run a stage of the pipeline's own code, which `stages:` names.")
def command(names: tuple[str, ...], own: str | None) -> None:
    """Run a stage, or several in turn, in the folder of its pipeline, each with its own section of `params.yaml`."""
    if bool(names) == (own is not None):
        raise click.UsageError("name stages, or one of the pipeline's own: `--own NAME`")
    need("train", "`mlops stage`")
    from mlops.operations.processes import ending
    from mlops.operations.processes.stage import run_stage

    with ending.stage():
        for name in names or (own or "",):
            run_stage(Path.cwd(), name)
