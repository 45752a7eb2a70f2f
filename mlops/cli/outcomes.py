"""How a release or a rollback is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from mlops.cli.failure import report
from mlops.cli.options import emit, say
from mlops.errors import MlopsError
from mlops.files import system

if TYPE_CHECKING:
    from mlops.operations.releasing.release import Outcome, Wanted
    from mlops.operations.reviewing.proposal import Proposed


def each(wanted: Iterable[Wanted], act: Callable[[Wanted], Outcome], form: str) -> int:
    """Do one after the other, tell what became of each, and give the exit code of the first that was refused."""
    found: list[Outcome] = []
    errors: list[MlopsError] = []
    for item in wanted:
        try:
            found.append(act(item))
        except MlopsError as error:
            errors.append(error)
        except OSError as error:
            errors.append(system.refusing(error))
    if form == "json":
        emit([value(outcome) for outcome in found])
    for outcome in found if form == "text" else ():
        click.echo("\n".join(lines(outcome)))
    for outcome in found:
        if outcome.warning:
            say(f"warning: {outcome.name}: {outcome.warning}")
    for refused in errors:
        report(refused)
    return errors[0].exit_code if errors else 0


def lines(outcome: Outcome) -> Sequence[str]:
    """Say what became of a release."""
    where = f"{outcome.name} in {outcome.environment}"
    if outcome.state == "live already":
        return (f"{where}: live already, {outcome.bundle}",)
    said = [f"{where}: {outcome.replaces or 'nothing'} → {outcome.bundle}"]
    if outcome.proposed is not None:
        return (*said, outcome.proposed.text)
    return (*said, f"written: {outcome.file}; commit it, or propose it with --propose")


def value(outcome: Outcome) -> dict[str, Any]:
    """Give the keys of the JSON."""
    return {
        "pipeline": outcome.name,
        "environment": outcome.environment,
        "file": outcome.file,
        "bundle": outcome.bundle,
        "replaces": outcome.replaces,
        "state": outcome.state,
        "pull_request": pull_request(outcome.proposed),
    }


def pull_request(made: Proposed | None) -> dict[str, Any] | None:
    """Give the keys of what was proposed; None where nothing was."""
    return None if made is None else {"done": made.done, "url": made.url, "checks": made.checks}
