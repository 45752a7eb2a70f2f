"""`mlops compare`: two runs of a pipeline, trials or commits."""

from __future__ import annotations

import click

from mlops.cli.options import output, result, root
from mlops.extras import need


@click.command()
@click.argument("name")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@output("text", "json")
def command(name: str, first: str, second: str, form: str) -> None:
    """Compare runs A and B of pipeline NAME: each a trial of `mlops try`, by its id, or a commit, branch or tag.

    Configuration, code and data that differ; then each metric of both with its interval, and whether B is better,
    worse, or the rows cannot tell: on test rows of two commits, on validation rows where one is a trial.
    """
    need("train", "`mlops compare`")
    from mlops.operations.trying.compare import compare
    from mlops.present.terminal.comparison import lines

    found = compare(root(), name, first, second)
    result(form, found.value(), lines(found))
