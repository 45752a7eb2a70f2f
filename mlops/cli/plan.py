"""`mlops plan`: what will change, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops.cli.annotations import annotate, annotated
from mlops.cli.options import base_option, emit, output, root, say
from mlops.diagnostics import visible

if TYPE_CHECKING:
    from mlops.documents.change_report import Planned
    from mlops.operations.workspace import Workspace


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@base_option("Compare with a commit instead of the last recorded run.")
@output("text", "json", "md")
def command(names: tuple[str, ...], base: str | None, form: str) -> int:
    """Show what changed, what will run and why, gates, data, deploys and cost; exit 2 where a budget is exceeded.

    `-o json` is a saved plan: `mlops run NAME --plan FILE` runs it, or refuses when what it was made of moved.
    """
    from mlops.operations.merging import unfinished
    from mlops.operations.planning.change_report_json import encode
    from mlops.operations.planning.plan import plan
    from mlops.operations.workspace import open_workspace
    from mlops.present.markdown.plan import markdown
    from mlops.present.terminal.plan import text

    here = root()
    if sentence := unfinished(here):
        say(f"note: {visible(sentence)}")
    workspace = open_workspace(here, names)
    planned = plan(workspace, base)
    if form == "json":
        emit(encode(planned))
    else:
        click.echo(markdown(planned) if form == "md" else text(planned))
    for sentence in planned.over:
        say(f"over budget: {sentence}", always=True)
    if annotated() and form != "json":
        _annotate(workspace, planned)
    return 2 if planned.over else 0


def _annotate(workspace: Workspace, planned: Planned) -> None:
    """Show what a plan costs too much beside its budget, and a gate that was loosened beside the pipeline's gates."""
    from mlops.operations.language.places import of_budget

    for change in planned.pipelines:
        loaded = workspace.pipelines.get(change.name)
        if loaded is None:
            continue
        for sentence in change.cost.over:
            annotate("error", f"{change.name}: {sentence}", of_budget(loaded), err=True)
        for sentence in change.gates.loosened:
            annotate("warning", f"{change.name}: {sentence}", loaded.origins.where(("gates",), key=True), err=True)
