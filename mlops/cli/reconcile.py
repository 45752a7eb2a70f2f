"""`mlops reconcile`: bring the world to what the release files say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from mlops.cli.options import output, result, reviews_option, root, say
from mlops.extras import need
from mlops.files.figures import plural
from mlops.operations.releasing.reconciled import Reconciled
from mlops.present.terminal.style import paint
from mlops.present.terminal.tables import aligned

_COLOURS = {
    "failed": "red",
    "in sync": "green",
    "moved": "green",
    "healed": "magenta",
    "would heal": "magenta",
    "proved": "magenta",
}


@click.command()
@click.option("--env", "environment", required=True, metavar="E", help="Which environment.")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would be done; exit 3 where the world has drifted.")
@click.option("--prune", is_flag=True, help="Take the alias from models that no file names any more.")
@reviews_option
@output("text", "json")
def command(environment: str, dry: bool, prune: bool, reviews: Path | None, form: str) -> int:
    """Make MLflow aliases and kept bundles what `conf/release/E/*.yaml` of the checked-out commit say.

    Safe at any time and as often as you like: what is right is left alone, what somebody changed by hand is told and
    put right. A release that no owner approved is named; where conf/policy.yaml says `approvals: {releases: refuse}` it
    is left alone: exit 2, or 7 where nobody looked. In CI that is 7 as well where the policy does not say `warn`. Exit
    5 for a bundle that does not answer as it should, or of which MLflow's store holds other bytes, 3 where this commit
    is older than the last one, 6 where MLflow does not answer: bundles are then proved from Git and DVC, and aliases
    wait.
    """
    need("registry", "`mlops reconcile`")
    from mlops.operations.processes.looked import in_ci
    from mlops.operations.releasing.reconcile import reconcile
    from mlops.operations.reviewing.reviews import Answers

    answers = Answers.of(reviews)
    done = reconcile(root(), environment, dry=dry, prune=prune, automatic=in_ci(), answers=answers)
    result(form, {"schema_version": 1, **asdict(done), "writes": done.writes}, _table(done))
    for note in _notes(done) if form == "text" else ():
        say(note)
    return done.code


def _table(done: Reconciled) -> Iterator[str]:
    rows = [(row.name, row.was, (row.should or "nothing")[:19], row.action) for row in done.rows]
    colours = ("reset", *(_COLOURS.get(row.action, "reset") for row in done.rows))
    return map(paint, aligned([("pipeline", "was", "should be", "action"), *rows]), colours)


def _notes(done: Reconciled) -> Iterator[str]:
    for row in done.rows:
        yield from (f"{row.name} drifted: {sentence}" for sentence in row.drift)
        if row.problem:
            yield f"{row.name}: {row.problem}"
        if row.hint:
            yield f"hint: {row.hint}"
    for sentence, names in _unapproved(done).items():
        yield f"{', '.join(names)}: {sentence}"
    yield f"{done.environment} at {done.commit[:8]}: {done.writes:,} written, {plural(len(done.rows), 'model')}"


def _unapproved(done: Reconciled) -> dict[str, list[str]]:
    """Gather what is to be said of approvals, and of which models: often the same of all."""
    found: dict[str, list[str]] = {}
    for row in done.rows:
        if row.approval is not None and row.approval.state != "approved" and row.approval.sentence not in row.problem:
            found.setdefault(row.approval.sentence, []).append(row.name)
    return found
