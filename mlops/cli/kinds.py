"""`mlops kinds`: what may be named where YAML says `kind:` or `metric:`."""

from __future__ import annotations

import click

from mlops.cli.options import output, result
from mlops.present.terminal.tables import columns


@click.command()
@click.argument("group", metavar="[SLICE]", required=False)
@output("text", "json")
def command(group: str | None, form: str) -> None:
    """List every kind that may be named, what it is and the package that brings it; of one SLICE, or of all.

    It reads no repository: kinds of other packages count where conf/policy.yaml names those. What may be asked of a
    kind stands in conf/README.md.
    """
    from mlops.operations.language.kinds import kinds

    rows = [(name, kind.name, kind.title, kind.package) for name, each in kinds(group).items() for kind in each]
    names = ("slice", "kind", "what", "package")
    value = {"schema_version": 1, "kinds": [dict(zip(names, row, strict=True)) for row in rows]}
    result(form, value, columns(("slice", "kind", "what it is", "package"), rows))
