"""How a release or a rollback is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from mlops.cli.options import attempt, ended, result, say
from mlops.files.system import refusing

if TYPE_CHECKING:
    from mlops.operations.releasing.release import Outcome, Wanted
    from mlops.operations.reviewing.proposal import Proposed


def each(wanted: Iterable[Wanted], act: Callable[[Wanted], Outcome], form: str) -> int:
    """Do one after the other, tell what became of each, and give the exit code of the first that was refused."""

    def done(item: Wanted) -> Outcome:
        try:
            return act(item)
        except OSError as error:
            raise refusing(error) from error

    found, errors = attempt(wanted, done)
    keys = ("environment", "file", "bundle", "replaces", "state")
    value = [
        {
            "pipeline": made.name,
            **{key: getattr(made, key) for key in keys},
            "pull_request": pull_request(made.proposed),
        }
        for made in found
    ]
    result(form, value, (line for outcome in found for line in lines(outcome)))
    for outcome in found:
        if outcome.warning:
            say(f"warning: {outcome.name}: {outcome.warning}", always=True)
    return ended(errors)


def lines(outcome: Outcome) -> Iterator[str]:
    """Say what became of a release."""
    where = f"{outcome.name} in {outcome.environment}"
    if outcome.state == "live already":
        yield f"{where}: live already, {outcome.bundle}"
        return
    yield f"{where}: {outcome.replaces or 'nothing'} → {outcome.bundle}"
    written = f"written: {outcome.file}; commit it, or propose it with --propose"
    yield written if outcome.proposed is None else outcome.proposed.text


def pull_request(made: Proposed | None) -> dict[str, str | bool] | None:
    """Give the keys of what was proposed; None where nothing was."""
    return None if made is None else {"done": made.done, "url": made.url, "checks": made.checks}
