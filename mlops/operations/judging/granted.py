"""What a file of the main line grants for a while, held to the review of the pull request that brought it.

A name in a file approves nothing: a grant counts where the one it names approved that pull request, and owned the
policy before it. It is looked up once it is on the main line: while its own pull request is open, its reviews are still
to come, and it counts for nothing that the base judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlops.configuration.approvals import REFUSE
from mlops.errors import InfrastructureError
from mlops.operations.auditing.shelf import read_plain
from mlops.operations.declared.policy import approvals_at, policy_at
from mlops.operations.git import commit_of, file_at, git, parent_of
from mlops.operations.live.history import shallow
from mlops.operations.project import open_project
from mlops.operations.reviewing.approvals import NOT_APPROVED, Approval, Asked, decide, unknown, wanting
from mlops.operations.reviewing.reviews import Answers, pulls_of, standing


@dataclass(frozen=True)
class Grant:
    """What is granted: `what` it is to people (`the waiver of ...`), one of its `sort` (`a waiver`), in which `file`.

    `has` says whether the content of the file, as some commit has it, grants it; None where there is no file. Where it
    names no `approver` any owner of the policy may have approved it.
    """

    what: str
    sort: str
    file: str
    owner: str | None
    approver: str | None
    has: Callable[[bytes | None], bool]

    @property
    def unknown(self) -> Approval:
        """Say that no file grants it."""
        return unknown(f"no file of {self.file.rpartition('/')[0]}/ says it, here or on the main line")


@dataclass(frozen=True)
class Granting:
    """Where approvals are looked up: a repository, the base that judges, the main branch, and answers."""

    root: Path
    base: str
    branch: str
    answers: Answers

    @classmethod
    def at(cls, root: Path, base: str, answers: Answers, home: Path | None = None) -> Granting:
        """Open a repository; the main branch is the one that `home` names, which judges.

        Raises:
            ConfigurationError: there is no such commit, or conf/project.yaml cannot be read.
        """
        return cls(root, commit_of(root, base), open_project(home or root)[1].ci.branch, answers)

    @property
    def places(self) -> tuple[str, ...]:
        """The commits that may grant something: the base, this one, and the main line."""
        return self.base, "HEAD", f"refs/remotes/origin/{self.branch}"

    @property
    def refused(self) -> bool:
        """Whether the policy of now or of the base wants nothing of which nobody looked whether it was approved."""
        return any(approvals_at(self.root, commit).waivers == REFUSE for commit in ("HEAD", self.base))

    def of(self, grant: Grant) -> Approval | None:
        """Tell whether a grant was approved by the one it names; None while it is on this branch alone.

        Raises:
            ConfigurationError: the policy that it was brought under cannot be read.
        """
        commit = self._brought(grant)
        if commit is None:
            return None if self._here(grant) else grant.unknown
        try:
            return self._looked(grant, commit)
        except InfrastructureError as error:
            return unknown(error.message, commit)

    def _brought(self, grant: Grant) -> str | None:
        """Name the commit of the main line that brought a grant which is still there."""
        for start in (self.base, f"refs/remotes/origin/{self.branch}"):
            found = self._since(start, grant)
            if found is not None:
                return found
        return None

    def _here(self, grant: Grant) -> bool:
        """Whether this commit has a grant, or a file that is going to be committed; a link says nothing."""
        return grant.has(file_at(self.root, "HEAD", grant.file)) or grant.has(read_plain(self.root / grant.file))

    def _since(self, start: str, grant: Grant) -> str | None:
        """Follow a main line back for as long as it has a grant; None where it does not have it at all."""
        done = git(self.root, "log", "--first-parent", "--format=%H", "--end-of-options", start, "--", grant.file)
        held = None
        for commit in done.stdout.decode(errors="replace").split() if done.returncode == 0 else ():
            if not grant.has(file_at(self.root, commit, grant.file)):
                break
            held = commit
        return held

    def _looked(self, grant: Grant, commit: str) -> Approval:
        before = parent_of(self.root, commit)
        if before is None and shallow(self.root):
            raise InfrastructureError("the history before was not fetched: git fetch --unshallow")
        policy = None if before is None else policy_at(self.root, before)
        if policy is None:
            return Approval(NOT_APPROVED, f"no policy before {commit[:8]} says who may approve {grant.sort}", commit)
        pulls = pulls_of(self.answers, self.root, commit, self.branch, grant.file, grant.has)
        reviewers = sorted({login for pull in pulls for login in wanting(pull)})
        members = policy.approvals.members
        may = standing(self.answers, reviewers, policy.owners, members)
        lacking = "no owner of the policy"
        if grant.approver is not None:
            named = standing(self.answers, reviewers, (grant.approver,), members)
            may = {login: _and(named[login], may[login]) for login in reviewers}
            lacking = f"no owner of the policy that it names ({grant.approver})"
        own = (grant.owner or "").casefold()
        return decide(
            pulls,
            Asked(
                commit,
                grant.file,
                {login: False if f"@{login}".casefold() == own else known for login, known in may.items()},
                lacking,
            ),
        )


def _and(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True
