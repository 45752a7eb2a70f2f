"""`mlops schema`: JSON Schema of the YAML files."""

from __future__ import annotations

import click

from mlops.cli.options import emit

_KINDS = ("pipeline", "data", "features", "trainer", "evaluate", "package", "project", "policy", "release")


@click.command(short_help="JSON Schema of the YAML files")
@click.argument("kind", type=click.Choice(_KINDS), default="pipeline")
def command(kind: str) -> None:
    """Print the JSON Schema of one KIND of file, for editors that complete and check YAML."""
    from mlops.app.schema import schema

    emit(schema(kind))
