"""`mlops schema`: JSON Schema of the YAML files; `mlops schema infer`: rules for columns from data."""

from __future__ import annotations

import click

from mlops.cli.options import emit, output, result, root, say

_KINDS = (
    *("pipeline", "data", "features", "model", "trainer", "evaluate", "gates", "package", "deploy"),
    *("monitor", "project", "policy", "release", "waiver", "accept"),
)


@click.command()
@click.argument("kind", type=click.Choice((*_KINDS, "infer")), default="pipeline")
@click.argument("data", required=False, metavar="[FILE|NAME]")
@click.option("--write", "place", flag_value="write", help="Write the schemas; with `infer NAME`, the columns.")
@click.option("--check", "place", flag_value="check", help="Fail with a diff where one of these is not up to date.")
@output("text", "json")
def command(kind: str, data: str | None, place: str | None, form: str) -> int:
    """Print the JSON Schema of one KIND of file, for editors that complete and check YAML.

    `--write` keeps all of them in conf/.schema/, beside conf/README.md. `schema infer` looks at a data FILE, or
    at the data of pipeline NAME, and prints the `columns:` of a data block: types, shares of missing values, ranges,
    small sets. A schema is JSON in either format.
    """
    if (kind == "infer") != (data is not None):
        wanted = (
            "`schema infer` looks at a file or a pipeline" if data is None else f"`schema {kind}` takes nothing more"
        )
        raise click.UsageError(f"{wanted}. Type `mlops schema infer FILE|NAME`")
    if data is not None:
        return _infer(data, place, form)
    from mlops.operations.language.schema import schema, write_files

    if place == "check":
        return _check(form)
    if place == "write":
        from mlops.documents.schema_files import SchemaFiles

        files = write_files(root(merging=True))
        result(form, SchemaFiles(files=files).value(), files)
    else:
        emit(schema(kind))
    return 0


def _check(form: str) -> int:
    from mlops.documents.schema_files import Differs, SchemaDifferences
    from mlops.operations.language.schema import check_files

    found = check_files(root(merging=True))
    differences = SchemaDifferences(differences=tuple(Differs(path=each.path, diff=each.diff) for each in found))
    result(form, differences.value(), (each.diff.removesuffix("\n") for each in found))
    if found:
        say("hint: mlops schema --write")
    return 1 if found else 0


def _infer(data: str, place: str | None, form: str) -> int:
    from mlops.documents.inferred_columns import InferredColumns
    from mlops.operations.language.infer import infer, write

    if place == "check":
        raise click.UsageError("`schema infer` prints, or writes with `--write`; there is nothing to check")
    found = infer(root(merging=True), data)
    written = place == "write"
    lines = (write(root(merging=True), found),) if written else found.lines
    told = {"columns": found.columns, "file": found.file, "written": written}
    result(form, InferredColumns.model_validate(told).value(), lines)
    if written:
        say("what you had declared by hand is kept; read the rest, and correct it where it is wrong")
    return 0
