"""`mlops history`: what was live, when, and by whose commit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mlops.cli.options import emit, output, reviews_option, root, say
from mlops.cli.tables import columns


@click.command(short_help="What was live, when, and by whose commit")
@click.argument("name")
@click.option("--env", "environment", metavar="E", help="One environment instead of all.")
@reviews_option
@click.option(
    "--record-reviews",
    "record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what GitHub told of approvals here, for --reviews.",
)
@output("text", "json")
def command(name: str, environment: str | None, reviews: Path | None, record: Path | None, form: str) -> None:
    """Show what was live as NAME, newest first, from the history of its release files on the main line.

    Who approved it is looked up where GITHUB_TOKEN and GITHUB_REPOSITORY are set, or in `--reviews`.
    """
    from mlops.app.releasing.history import shallow
    from mlops.app.releasing.show import approvals, past
    from mlops.app.reviewing.reviews import Answers
    from mlops.diagnostics import visible

    here = root()
    moments, answers = past(here, name, environment), Answers.of(reviews)
    approved = approvals(here, name, moments, answers)
    if record is not None:
        answers.write(record)
    cut = shallow(here)
    if cut:
        say("note: the history before was not fetched, so what is oldest here may be older: git fetch --unshallow")
    if form == "json":
        both = zip(moments, approved, strict=True)
        emit([{"pipeline": name, **asdict(moment), "approval": approval.record()} for moment, approval in both])
        return
    rows = [
        (
            moment.environment,
            moment.date[:10],
            (moment.bundle or "nothing")[:19],
            moment.commit[:8],
            visible(moment.author),
            f"#{moment.pull_request}" if moment.pull_request else "–",
            approval.short,
            visible(moment.subject)[:72],
        )
        for moment, approval in zip(moments, approved, strict=True)
    ]
    heads = ("environment", "date", "bundle", "commit", "author", "pull request", "approval", "subject")
    for line in columns(heads, rows) if rows else ():
        click.echo(line)
    for moment, approval in zip(moments, approved, strict=True):
        if approval.state in ("not approved", "break-glass"):
            say(f"{moment.commit[:8]}: {visible(approval.sentence)}")
    for sentence in dict.fromkeys(approval.sentence for approval in approved if approval.state == "not looked at"):
        say(visible(sentence))
    if not rows and not cut:
        say(f"{name} was never live: mlops release {name} --env E")
