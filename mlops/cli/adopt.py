"""`mlops adopt`: take over the bundle that a pull request's run judged."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mlops.cli.options import output, result, root, say

_SAID = {
    "registered": "it is registered",
    "recorded": "it is the one that was judged, and is kept here",
    "made": "it was made anew: its lock, reports and bundle are in the work tree",
    "taken": "its lock, reports and bundle are in the work tree",
}


@click.command()
@click.argument("name")
@click.option(
    "--made",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take over what another job of this run made, from FOLDER/NAME, instead.",
)
@output("text", "json")
def command(name: str, made: Path | None, form: str) -> None:
    """Take over the bundle of pipeline NAME that was judged for what this commit holds; nothing is trained.

    What the registry has is kept. Else GitHub is asked (GITHUB_TOKEN, GITHUB_REPOSITORY) which run of the pull-request
    workflow judged the merge; its lock, reports and bundle are held against this commit and put into the work tree.
    Exit 6 where it cannot be had, 5 where what claims to be it is not: `mlops run NAME` makes it again.
    """
    from mlops.operations.releasing.adopt import adopt
    from mlops.operations.releasing.made import take_made

    adopted = adopt(root(), name) if made is None else take_made(root(), name, made)
    result(form, asdict(adopted), [f"{adopted.name} {adopted.bundle}"])
    if form == "text":
        say(f"{_SAID[adopted.state]}{': judged by ' + adopted.run if adopted.run else ''}")
