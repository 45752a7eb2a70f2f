"""`mlops adopt`: take over the bundle that a pull request's run judged."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import emit, output, root, say


@click.command(short_help="Take over the bundle that a pull request's run judged")
@click.argument("name")
@output("text", "json")
def command(name: str, form: str) -> None:
    """Take over the bundle of pipeline NAME that was judged for what this commit holds; nothing is trained.

    What the registry has is kept. Else GitHub is asked (GITHUB_TOKEN, GITHUB_REPOSITORY) which run of the pull-request
    workflow judged the merge; its lock, reports and bundle are held against this commit and put into the work tree.
    Exit 6 where it cannot be had, 5 where what claims to be it is not: `mlops run NAME` makes it again.
    """
    from mlops.app.releasing.adopt import adopt

    adopted = adopt(root(), name)
    if form == "json":
        emit(asdict(adopted))
        return
    click.echo(f"{adopted.name} {adopted.bundle}")
    said = {
        "registered": "it is registered",
        "recorded": "it is the one that was judged, and is kept here",
        "taken": "its lock, reports and bundle are in the work tree",
    }
    say(f"{said[adopted.state]}{': judged by ' + adopted.run if adopted.run else ''}")
