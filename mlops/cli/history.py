"""`mlops history`: what was live, when, and by whose commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.options import FILE, output, result, reviews_option, root, say
from mlops.diagnostics import visible
from mlops.present.terminal.tables import columns

if TYPE_CHECKING:
    from mlops.operations.live.history import Moment
    from mlops.operations.reviewing.approvals import Approval
    from mlops.operations.reviewing.reviews import Answers

_HEADS = ("environment", "date", "bundle", "commit", "author", "pull request", "approval", "subject")


@click.command()
@click.argument("name")
@click.option("--env", "environment", metavar="E", help="One environment instead of all.")
@click.option("--verify", "graded", is_flag=True, help="Grade the ledger: linear, approved, signed, replayed.")
@reviews_option
@click.option(
    "--record-reviews",
    "record",
    type=FILE,
    metavar="FILE",
    help="Write what GitHub told of approvals here, for --reviews.",
)
@output("text", "json")
def command(
    name: str, environment: str | None, graded: bool, reviews: Path | None, record: Path | None, form: str
) -> int:
    """Show what was live as NAME, newest first, from the history of its release files on the main line.

    Who approved it is looked up where GITHUB_TOKEN and GITHUB_REPOSITORY are set, or in `--reviews`.

    With `--verify` the ledger is graded instead: exit 5 where an entry was edited or cut, or something was decided
    without one; 2 where a release was not approved, or what is live is not signed.
    """
    from mlops.operations.live.history import shallow
    from mlops.operations.releasing.show import approvals, past
    from mlops.operations.reviewing.reviews import Answers

    if graded and record is not None:
        raise click.UsageError("--verify grades, --record-reviews writes: leave one out")
    here, answers = root(), Answers.of(reviews)
    if graded:
        return _graded(here, name, environment, answers, form)
    moments = past(here, name, environment)
    approved = approvals(here, name, moments, answers)
    if record is not None:
        answers.write(record)
    cut = shallow(here)
    if cut:
        say("note: the history before was not fetched, so what is oldest here may be older: git fetch --unshallow")
    both = list(zip(moments, approved, strict=True))
    value = [{"pipeline": name, **asdict(moment), "approval": approval.record()} for moment, approval in both]
    result(form, value, columns(_HEADS, [_row(moment, approval) for moment, approval in both]))
    if form == "text":
        _doubts(moments, approved)
        if not moments and not cut:
            say(f"{name} was never live: mlops release {name} --env E")
    return 0


def _graded(here: Path, name: str, environment: str | None, answers: Answers, form: str) -> int:
    from mlops.operations.tracing.grades import grades

    found = grades(here, name, environment, answers=answers)
    rows = [(grade.grade, grade.place, grade.state, visible(grade.said)) for grade in found]
    result(form, [asdict(grade) for grade in found], columns(("grade", "place", "state", "what"), rows))
    for hint in dict.fromkeys(grade.hint for grade in found if grade.hint and form == "text"):
        say(f"hint: {hint}")
    return max((grade.code for grade in found), default=0)


def _row(moment: Moment, approval: Approval) -> tuple[str, ...]:
    pull = f"#{moment.pull_request}" if moment.pull_request else "–"
    what = (moment.environment, moment.date[:10], (moment.bundle or "nothing")[:19], moment.commit[:8])
    return *what, visible(moment.author), pull, approval.short, visible(moment.subject)[:72]


def _doubts(moments: Sequence[Moment], approved: Sequence[Approval]) -> None:
    """Say what was not approved, and once where nobody looked."""
    for moment, approval in zip(moments, approved, strict=True):
        if approval.state in ("not approved", "break-glass"):
            say(f"{moment.commit[:8]}: {visible(approval.sentence)}")
    for sentence in dict.fromkeys(approval.sentence for approval in approved if approval.state == "not looked at"):
        say(visible(sentence))
