"""`mlops data`: how two versions of the data differ."""

from __future__ import annotations

import dataclasses

import click

from mlops.cli.options import output, result, root


class _Verbs(click.Group):
    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            from mlops.diagnostics import nearest

            near = nearest(args[0], self.commands)
            typed = [near, *args[1:]] if near else [next(iter(self.commands)), *args]
            raise click.UsageError(f"unknown verb `data {args[0]}`. did you mean `mlops data {' '.join(typed)}`?")
        return super().resolve_command(context, args)


@click.group(cls=_Verbs)
def command() -> None:
    """Compare recorded snapshots of data, in aggregates: no value of a row is told."""


@command.command("diff")
@click.argument("before", metavar="BEFORE")
@click.argument("after", required=False, metavar="[AFTER]")
@click.option(
    "--base", metavar="REF", default="HEAD", show_default=True, help="Commit of the report of a pipeline BEFORE."
)
@output("text", "json")
def diff(before: str, after: str | None, base: str, form: str) -> None:
    """Compare rows, columns, checks and spread of two reports, each a `data.json` or the NAME of a pipeline.

    `mlops data diff NAME` compares what a commit recorded with what the last run did.
    """
    from mlops.operations.planning.data_diff import diff as compare
    from mlops.present.terminal.plan import data_lines

    change = compare(root(merging=True), before, after or before, base)
    if change is None:
        result(form, None, ["the same data"])
    else:
        result(form, dataclasses.asdict(change), data_lines(change))
