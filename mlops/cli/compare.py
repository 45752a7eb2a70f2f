"""`mlops compare`: two runs of a pipeline, trials or commits."""

from __future__ import annotations

import click

from mlops.cli.completion import pipelines
from mlops.cli.options import output, result, root
from mlops.extras import need


@click.command()
@click.argument("name")
@click.argument("runs", nargs=-1, metavar="A B")
@output("text", "json")
def command(name: str, runs: tuple[str, ...], form: str) -> None:
    """Compare runs A and B of pipeline NAME: each a trial of `mlops try`, by its id, or a commit, branch or tag.

    Configuration, code and data that differ; then each metric of both with its interval, and whether B is better,
    worse, or the rows cannot tell: on test rows of two commits, on validation rows where one is a trial.
    """
    here = root()
    first, second = _two(name, runs, pipelines(here))
    need("train", "`mlops compare`")
    from mlops.operations.trying.compare import compare
    from mlops.present.terminal.comparison import lines

    found = compare(here, name, first, second)
    result(form, found.value(), lines(found))


def _two(name: str, runs: tuple[str, ...], known: list[str]) -> tuple[str, str]:
    """Take two runs; a pipeline that stands behind them is told apart from one that is not there."""
    if name not in known and (meant := next((word for word in runs if word in known), None)) is not None:
        others = " ".join(word for word in (name, *runs) if word != meant)
        raise click.UsageError(f"the pipeline stands before its runs: mlops compare {meant} {others}")
    if len(runs) != 2:
        pipeline = name if name in known else known[0] if len(known) == 1 else "NAME"
        first = next((word for word in (name, *runs) if word not in (pipeline, "HEAD")), "main")
        raise click.UsageError(f"two runs of one pipeline are compared: mlops compare {pipeline} {first} HEAD")
    return runs[0], runs[1]
