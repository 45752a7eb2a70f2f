"""`mlops schema`: JSON Schema of the YAML files; `mlops schema infer`: rules for columns from data."""

from __future__ import annotations

import click

from mlops.cli.options import emit, root, say

_KINDS = (
    *("pipeline", "data", "features", "model", "trainer", "evaluate", "gates", "package", "deploy"),
    *("monitor", "project", "policy", "release", "waiver", "accept"),
)


@click.command()
@click.argument("kind", type=click.Choice((*_KINDS, "infer")), default="pipeline")
@click.argument("data", required=False, metavar="[FILE|NAME]")
@click.option("--write", "place", flag_value="write", help="Write the schemas; with `infer NAME`, the columns.")
@click.option("--check", "place", flag_value="check", help="Fail with a diff where one of these is not up to date.")
def command(kind: str, data: str | None, place: str | None) -> int:
    """Print the JSON Schema of one KIND of file, for editors that complete and check YAML.

    `--write` keeps all of them in conf/.schema/, beside conf/README.md. `schema infer` looks at a data FILE, or
    at the data of pipeline NAME, and prints the `columns:` of a data block: types, shares of missing values, ranges,
    small sets.
    """
    if (kind == "infer") != (data is not None):
        wanted = (
            "`schema infer` looks at a file or a pipeline" if data is None else f"`schema {kind}` takes nothing more"
        )
        raise click.UsageError(f"{wanted}. Type `mlops schema infer FILE|NAME`")
    if data is not None:
        return _infer(data, place)
    from mlops.operations.language.schema import check_files, schema, write_files

    if place == "write":
        for path in write_files(root(merging=True)):
            click.echo(path)
    elif place == "check":
        found = check_files(root(merging=True))
        for difference in found:
            click.echo(difference.diff, nl=False)
        if found:
            say("hint: mlops schema --write")
        return 1 if found else 0
    else:
        emit(schema(kind))
    return 0


def _infer(data: str, place: str | None) -> int:
    from mlops.operations.language.infer import infer, write

    if place == "check":
        raise click.UsageError("`schema infer` prints, or writes with `--write`; there is nothing to check")
    found = infer(root(merging=True), data)
    if place == "write":
        click.echo(write(root(merging=True), found))
        say("what you had declared by hand is kept; read the rest, and correct it where it is wrong")
    else:
        click.echo("\n".join(found.lines))
    return 0
