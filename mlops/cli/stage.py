"""`mlops stage`: what `dvc repro` calls."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.extras import need
from mlops.stages.declare.registry import STAGES


@click.command(short_help="Run one stage")
@click.argument("names", metavar="NAME", nargs=-1, required=True, type=click.Choice(STAGES))
def command(names: tuple[str, ...]) -> None:
    """Run a stage, or several in turn, in the folder of its pipeline, each with its own section of `params.yaml`."""
    need("train", "`mlops stage`")
    from mlops.operations.processes import ending
    from mlops.operations.processes.stage import run_stage

    with ending.stage():
        for name in names:
            run_stage(Path.cwd(), name)
