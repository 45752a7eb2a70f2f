"""`mlops why`: what stands behind a prediction, or a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mlops.cli.options import output, result, root
from mlops.extras import need

if TYPE_CHECKING:
    from mlops.operations.tracing.why import Why


@click.command()
@click.argument("what", metavar="ID|DIGEST")
@output("text", "json")
def command(what: str, form: str) -> None:
    """Go from a prediction id, a client's name of one, or a bundle's digest back to what was decided of it.

    Bundle, verdict, data, commit and pull request come from the ledger and the history of what is checked out; a
    prediction is looked up in the logs of the pipelines that are watched.
    """
    need("train", "`mlops why`")
    from mlops.operations.tracing.why import why
    from mlops.operations.workspace import open_workspace

    found = why(open_workspace(root()), what)
    value = [{"schema_version": 1, **asdict(item)} for item in found]
    result(form, value, (line for item in found for line in _lines(item)))


def _lines(item: Why) -> Iterator[str]:
    from mlops.diagnostics import visible

    asked = item.asked
    if asked is not None:
        where = "" if asked.environment is None else f", in {asked.environment}"
        yield f"prediction     {visible(asked.prediction)}, made {asked.at}{where}"
    yield f"pipeline       {item.pipeline}"
    yield f"bundle         {item.bundle}"
    yield f"data           {item.data or 'no commit says'}"
    yield f"configuration  {item.configuration or 'no commit says'}"
    yield f"made by        {item.made or 'no commit holds the reports of its run'}"
    for one in item.decisions:
        said = one.kind if one.verdict is None else f"{one.kind} {one.verdict}"
        pull = "" if one.pull_request is None else f" #{one.pull_request}"
        text = f"{one.place}: {one.commit[:8]} of {one.date} by {one.author}{pull}: {one.subject[:72]}"
        yield f"{said:<15}{visible(text)}"
    if not item.decisions:
        yield "decided        nothing that the ledger knows of"
