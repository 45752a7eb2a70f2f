"""`mlops register`: put a bundle into the MLflow registry."""

from __future__ import annotations

import click

from mlops.cli.options import root, say


@click.command(short_help="Put a bundle into the MLflow registry")
@click.argument("name")
def command(name: str) -> None:
    """Register the bundle of pipeline NAME as a model version; a bundle that is there already makes no second one."""
    from mlops.app.register import register
    from mlops.app.workspace import open_workspace

    here = root()
    registered = register(open_workspace(here, (name,)), name)
    click.echo(f"{registered.name} version {registered.version}")
    say(f"{'registered' if registered.created else 'registered already'}: {registered.bundle}")
    say(f"look at it: mlflow ui --backend-store-uri {registered.tracking}")
