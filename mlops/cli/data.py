"""`mlops data`: how two versions of the data differ."""

from __future__ import annotations

import dataclasses

import click

from mlops.cli.options import emit, output, root


@click.group(short_help="How two versions of the data differ")
def command() -> None:
    """Compare recorded snapshots of data, in aggregates: no value of a row is told."""


@command.command("diff")
@click.argument("before", metavar="BEFORE")
@click.argument("after", required=False, metavar="[AFTER]")
@click.option(
    "--base", metavar="REF", default="HEAD", show_default=True, help="Commit of the report of a pipeline BEFORE."
)
@output("text", "json")
def diff(before: str, after: str | None, base: str, form: str) -> int:
    """Compare rows, columns, checks and spread of two reports, each a `data.json` or the NAME of a pipeline.

    `mlops data diff NAME` compares what a commit recorded with what the last run did.
    """
    from mlops.operations.planning.data_diff import diff as compare
    from mlops.present.terminal.plan import data_lines

    change = compare(root(merging=True), before, after or before, base)
    if form == "json":
        emit(None if change is None else dataclasses.asdict(change))
    else:
        click.echo("the same data" if change is None else "\n".join(data_lines(change)))
    return 0
