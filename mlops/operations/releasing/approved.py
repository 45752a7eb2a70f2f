"""Whether a release was approved: by an owner of its file, as the commit before it says who that is.

The policy of the commit before judges a release, so that none brings its own owners along; where it asks for a refusal,
or the policy of now does, that holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from mlops.configuration.approvals import REFUSE, Approvals, Unapproved
from mlops.configuration.load import parse_document
from mlops.configuration.reading.parse import read
from mlops.configuration.release import Release
from mlops.errors import ConfigurationError, GateFailed, Inconclusive, InfrastructureError
from mlops.operations.declared.policy import approvals_at
from mlops.operations.git import commit_of, file_at, parent_of
from mlops.operations.live.history import Moment, last_change, shallow, touched_until, touches
from mlops.operations.live.releases import file_of
from mlops.operations.reviewing.approvals import (
    APPROVED,
    BREAK_GLASS,
    NOT_APPROVED,
    NOT_LOOKED_AT,
    Approval,
    Asked,
    decide,
    unknown,
    wanting,
)
from mlops.operations.reviewing.owned import owners_of
from mlops.operations.reviewing.reviews import Answers, pulls_of, standing

_LOOK = (
    "give it GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY, or --reviews FILE; "
    "`approvals: {releases: warn}` in conf/policy.yaml goes without"
)


@dataclass(frozen=True)
class Looking:
    """Where approvals are looked up: a repository, what GitHub answers, the main branch, and the day it is."""

    root: Path
    answers: Answers
    branch: str
    today: date

    def of_release(self, environment: str, name: str) -> Approval:
        """Tell whether what is to be live of a pipeline was approved: as the last change of its file has it."""
        file = file_of(environment, name)
        commit = last_change(self.root, file)
        return unknown("no commit has the release file") if commit is None else self.of_commit(file, commit)

    def of_commit(self, file: str, commit: str) -> Approval:
        """Tell whether a release file as a commit brought it was approved, or let through by break-glass."""
        before = parent_of(self.root, commit)
        if before is None:
            if shallow(self.root):
                return unknown("the history before was not fetched: git fetch --unshallow", commit)
            said = f"{commit[:8]} is the first commit of all, which nobody reviewed"
            return Approval(NOT_APPROVED, said, commit)
        try:
            approvals = approvals_at(self.root, before)
        except ConfigurationError:
            return unknown(f"the policy of {before[:8]} cannot be read", commit)
        try:
            found = self._looked(file, commit, before, approvals)
        except InfrastructureError as error:
            found = unknown(error.message, commit)
        return found if found.state == APPROVED else self._broken(found, file, commit, approvals)

    def of_moments(self, name: str, moments: Iterable[Moment]) -> list[Approval]:
        """Tell it of each change of what was live, in order; where it was approved afterwards, that counts."""
        return [self._of_moment(file_of(moment.environment, name), moment) for moment in moments]

    def _of_moment(self, file: str, moment: Moment) -> Approval:
        first = found = self.of_commit(file, moment.commit)
        if first.state == APPROVED or moment.bundle is None:
            return first
        for commit in touches(self.root, file, after=moment.commit):
            if _bundle(self.root, commit, file) != moment.bundle:
                break
            later = self.of_commit(file, commit)
            if later.state == APPROVED:
                return replace(later, sentence=f"{first.sentence}; afterwards {later.sentence}", commit=moment.commit)
            found = later if later.state == BREAK_GLASS else found
        return found

    def _looked(self, file: str, commit: str, before: str, approvals: Approvals) -> Approval:
        now = file_at(self.root, commit, file)
        pulls = pulls_of(self.answers, self.root, commit, self.branch, file, lambda data: data == now)
        owners = owners_of(self.root, before, file)
        reviewers = sorted({login for pull in pulls for login in wanting(pull)})
        known = standing(self.answers, reviewers, owners, approvals.members)
        return decide(pulls, Asked(commit, file, known, f"no owner of {file}"))

    def _broken(self, found: Approval, file: str, commit: str, approvals: Approvals) -> Approval:
        """Let through what says that it went past review while GitHub was down, where the policy before allows it."""
        release = release_at(self.root, commit, file)
        if release is None or (broken := release.break_glass) is None or found.vetoed:
            return found
        allowed = approvals.break_glass
        if allowed is None or broken.by.casefold() not in (person.casefold() for person in allowed.people):
            return replace(found, sentence=f"{found.sentence}; {broken.by} may not release by break-glass")
        since = self._since(file, commit, release.bundle)
        last = date.fromisoformat(since) + timedelta(days=allowed.days)
        if not date.fromisoformat(since) <= self.today <= last:
            why = f"its break-glass of {since} ended on {last}" if self.today > last else "it has not begun"
            return replace(found, sentence=f"{found.sentence}; {why}")
        said = (
            f"BREAK-GLASS by {broken.by} since {since}: {broken.reason}; nobody approved it yet, an owner must "
            f"until {last}: in a pull request that takes `break_glass` out of {file}"
        )
        return Approval(BREAK_GLASS, said, commit, found.pull_request, (broken.by,))

    def _since(self, file: str, commit: str, bundle: str) -> str:
        """Give the day on which the glass was first broken for a bundle: a later commit does not renew it."""
        days: list[str] = []
        for place in touched_until(self.root, file, commit):
            release = release_at(self.root, place, file)
            if release is None or release.bundle != bundle or release.break_glass is None:
                break
            days.append(release.break_glass.since)
        return min(days)


def refuse_unapproved(root: Path, approval: Approval, *, automatic: bool = False) -> None:
    """Refuse a release that is not approved, where the policy of now, or of before it, asks for that.

    Where neither says what becomes of it, an `automatic` run, which nobody watches, refuses what nobody looked at.

    Raises:
        GateFailed: it was pushed past review.
        Inconclusive: nobody looked whether it was.
    """
    if approval.state in (APPROVED, BREAK_GLASS):
        return
    asked = _asked(root, approval.commit)
    if approval.state == NOT_LOOKED_AT and (REFUSE in asked or (automatic and None in asked)):
        raise Inconclusive(approval.sentence, hint=_LOOK)
    if approval.state == NOT_APPROVED and REFUSE in asked:
        hint = "let an owner approve that pull request, or the same release in a new one"
        raise GateFailed(approval.sentence, hint=hint)


def _asked(root: Path, commit: str) -> set[Unapproved | None]:
    before = parent_of(root, commit) if commit else None
    places = (commit_of(root, "HEAD"), *(() if before is None else (before,)))
    return {approvals_at(root, place).releases for place in places}


def release_at(root: Path, commit: str, file: str) -> Release | None:
    """Read a release file as a commit has it; None where it has none that can be read."""
    data = file_at(root, commit, file)
    return None if data is None else parse_document(Release, read(file, data))[0]


def _bundle(root: Path, commit: str, file: str) -> str | None:
    release = release_at(root, commit, file)
    return None if release is None else release.bundle
