"""`mlops new`: a new model from a data file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mlops.cli.options import emit, output, root, say
from mlops.cli.run import try_out
from mlops.extras import need


class Distances(click.ParamType[tuple[int, ...]]):
    """How far ahead a forecast looks: `7`, `1..24` or `1,6,24`."""

    name = "periods"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Take the numbers, ascending, each once."""
        from mlops.blocks.forecast import written_out  # pydantic: not for a verb that is only listed

        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        try:
            found = written_out(value) if ".." in value else tuple(sorted({int(part) for part in parts}))
        except ValueError:
            found = ()
        if not found or found[0] < 1:
            self.fail(f"`{value}` is no number of periods; write it as 7, 1..24 or 1,6,24", param, ctx)
        return tuple(found)


@click.command()
@click.argument("name")
@click.option(
    "--data",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV, JSON lines, Parquet, Arrow or Excel file, a folder of such, or a folder of pictures for each class.",
)
@click.option("--target", help="Column to learn; of a folder of pictures, the names of its folders.")
@click.option(
    "--task",
    type=click.Choice(["binary", "multiclass", "regression", "forecasting"]),
    help="Kind of model; guessed where not given.",
)
@click.option("--header/--no-header", default=True, help="Whether the first line names the columns.")
@click.option("--names", help="Names of the columns, with commas between, for a file without a header.")
@click.option(
    "--horizon", "horizons", type=Distances(), help="Periods ahead, of a forecast: 7, 1..24 or 1,6,24. [default: 1]"
)
@click.option("--auto", is_flag=True, help="Name no candidates: every kind that suits is searched, and combined.")
@click.option("--no-run", is_flag=True, help="Write and compile only; nothing is tried.")
@output("text", "json")
def command(
    name: str,
    file: Path,
    target: str | None,
    task: str | None,
    header: bool,
    names: str | None,
    horizons: tuple[int, ...] | None,
    auto: bool,
    no_run: bool,
    form: str,
) -> int:
    """Write the YAML of pipeline NAME from what the file looks like, compile it, and try it on a little data."""
    if horizons is not None and task != "forecasting":
        raise click.UsageError("--horizon is for a forecast: say --task forecasting")
    need("train", "`mlops new`")
    if auto:
        need("tune", "`--auto`")
    from mlops.operations.processes.numerics import pin_numerics

    pin_numerics(1)  # before Polars and NumPy are imported: stages are tried in this process
    from mlops.documents.created import Created
    from mlops.operations.compiling.compile import compile_files
    from mlops.operations.language.new import create
    from mlops.operations.language.schema import write_files
    from mlops.operations.workspace import open_workspace

    here = root(merging=True)
    named = None if names is None else tuple(each.strip() for each in names.split(","))
    created = create(here, name, file, target, task=task, horizons=horizons, header=header, names=named, auto=auto)
    files = (*created.files, *write_files(here))
    for path in files if form == "text" else ():
        click.echo(path)
    for note in created.notes:
        say(f"note: {note}")
    smoke = None
    try:
        workspace = open_workspace(here)
        compile_files(workspace)
        smoke = None if no_run else try_out(workspace, name, form, here=True).verdict
    finally:  # the files stay, whatever became of trying them
        if form == "json":
            emit(Created(pipeline=name, files=files, notes=created.notes, smoke=smoke).value())
    say(f"next: mlops run {name}")
    return 0
