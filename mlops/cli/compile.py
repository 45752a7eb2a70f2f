"""`mlops compile`: write the generated files, or check them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mlops.cli.annotations import annotate
from mlops.cli.options import emit, output, result, root, say
from mlops.diagnostics import Position

if TYPE_CHECKING:
    from mlops.files.plain_yaml import Values
    from mlops.operations.compiling.gone import Left


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail with a diff where a file differs.")
@output("text", "json")
def command(check: bool, form: str) -> int:
    """Write every file that the YAML compiles to, or check that they are as they should be.

    As JSON: how many files there are, which changed or, with --check, differ, and the folders that are left.
    """
    from mlops.operations.compiling.noop_compile import unchanged
    from mlops.operations.superseded import removal, superseded

    here = root(merging=not check)
    if old := superseded(here):
        say(f"{' and '.join(old)}: an earlier release made this, and nothing does any more\nhint: {removal(old)}")
    if (files := unchanged(here)) is not None:
        result(form, _value(len(files)), ())
        say("compiled files match" if check else f"0 of {len(files)} files changed")
        return 0

    from mlops.operations.compiling.compile import check_files, compile_files
    from mlops.operations.merging import refuse_marked
    from mlops.operations.workspace import open_workspace

    workspace = open_workspace(here)
    if not check:
        compiled = compile_files(workspace)
        result(form, _value(len(compiled.files), compiled.touched, compiled.left), compiled.touched)
        say(f"{len(compiled.touched)} of {len(compiled.files)} files changed")
        for each in compiled.left:
            say(f"{each.folder} is left, with {', '.join(each.entries)}: no YAML asks for it any more")
            say(f"hint: if nothing needs it: {each.hint}")
        return 0
    differing = check_files(workspace)
    refuse_marked(here, (difference.path for difference in differing))
    if form == "json":
        emit(_value(None, [difference.path for difference in differing]))
    for difference in differing if form == "text" else ():
        click.echo(difference.diff, nl=False)
        text = "This is not what the YAML compiles to. Run `mlops compile` and commit what it writes."
        hunk = re.search(r"^@@ -(\d+)", difference.diff, re.MULTILINE)
        annotate("error", text, Position(difference.path, max(1, int(hunk[1])) if hunk else 1))
    if differing:
        names = ", ".join(difference.path for difference in differing)
        say(f"{names}: not what the YAML compiles to\nhint: run `mlops compile` and commit what it writes", always=True)
        return 1
    say("compiled files match")
    return 0


def _value(files: int | None, changed: Sequence[str] = (), left: Sequence[Left] = ()) -> Values:
    return {"schema_version": 1, "files": files, "changed": [*changed], "left": [*map(asdict, left)]}
