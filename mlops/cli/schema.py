"""`mlops schema`: JSON Schema of the YAML files."""

from __future__ import annotations

import click

from mlops.cli.options import emit, root, say

_KINDS = (
    *("pipeline", "data", "features", "model", "trainer", "evaluate", "gates", "package", "deploy"),
    *("monitor", "project", "policy", "release", "waiver"),
)


@click.command(short_help="JSON Schema of the YAML files")
@click.argument("kind", type=click.Choice(_KINDS), default="pipeline")
@click.option("--write", "place", flag_value="write", help="Write all to conf/.schema/, and the page conf/README.md.")
@click.option("--check", "place", flag_value="check", help="Fail with a diff where one of these is not up to date.")
def command(kind: str, place: str | None) -> int:
    """Print the JSON Schema of one KIND of file, for editors that complete and check YAML."""
    from mlops.app.schema import check_files, schema, write_files

    if place == "write":
        for path in write_files(root()):
            click.echo(path)
    elif place == "check":
        found = check_files(root())
        for difference in found:
            click.echo(difference.diff, nl=False)
        if found:
            say("hint: mlops schema --write")
        return 1 if found else 0
    else:
        emit(schema(kind))
    return 0
