"""Waivers that a judged run needed, held to what their approvers did: a name in a file approves nothing.

A waiver counts where the one it names approved the pull request that brought it, and owned the policy before it. That
is looked up once it is on the main line: while its own pull request is open, its reviews are still to come, and it
counts for nothing that the base judges. Main looks it up before it registers. One that a compiled gate has, and that
neither the main line nor this commit says, is not known to anybody: it is inconclusive, whatever a policy says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.blocks.waiver import Waiver
from mlops.configuration.approvals import REFUSE
from mlops.documents.gate import RuleResult
from mlops.errors import GateFailed, Inconclusive, InfrastructureError
from mlops.operations.auditing.shelf import read_plain
from mlops.operations.declared.policy import approvals_at, policy_at
from mlops.operations.declared.waivers import waivers_at, waivers_in
from mlops.operations.git import commit_of, git, parent_of
from mlops.operations.live.history import shallow
from mlops.operations.project import open_project
from mlops.operations.reviewing.approvals import APPROVED, NOT_APPROVED, Approval, Asked, decide, unknown, wanting
from mlops.operations.reviewing.reviews import Answers, pulls_of, standing
from mlops.verdict import BADNESS, INCONCLUSIVE, verdict

if TYPE_CHECKING:
    from mlops.operations.verdicts.gate import Verdict
    from mlops.operations.verdicts.rejudged import Rejudged

Found = Callable[[Waiver], Approval | None]
LOOK = (
    "give it GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY, or --reviews FILE; "
    "`approvals: {waivers: warn}` in conf/policy.yaml goes without"
)
UNKNOWN = unknown("no file of conf/waiver/ says it, here or on the main line")


@dataclass(frozen=True)
class Waiving:
    """Where the approval of waivers is looked up: a repository, the base that judges, the main branch, and answers."""

    root: Path
    base: str
    branch: str
    answers: Answers

    def of(self, name: str, waiver: Waiver) -> Approval | None:
        """Tell whether the approver of a pipeline's waiver approved it; None while it is on this branch alone.

        Raises:
            ConfigurationError: the policy that it was brought under cannot be read.
        """
        commit = self._brought(name, waiver)
        if commit is None:
            return None if self._here(name, waiver) else UNKNOWN
        try:
            return self._looked(name, waiver, commit)
        except InfrastructureError as error:
            return unknown(error.message, commit)

    @property
    def refused(self) -> bool:
        """Whether the policy of now or of the base wants no waiver of which nobody looked whether it was approved."""
        return any(approvals_at(self.root, commit).waivers == REFUSE for commit in ("HEAD", self.base))

    def _brought(self, name: str, waiver: Waiver) -> str | None:
        """Name the commit of the main line that brought a waiver which is still there."""
        for start in (self.base, f"refs/remotes/origin/{self.branch}"):
            found = self._since(start, name, waiver)
            if found is not None:
                return found
        return None

    def _here(self, name: str, waiver: Waiver) -> bool:
        """Whether this commit has a waiver, or a file that is going to be committed; a link says nothing."""
        file = f"conf/waiver/{name}.yaml"
        return waiver in (*waivers_at(self.root, "HEAD", name), *waivers_in(file, read_plain(self.root / file)))

    def _since(self, start: str, name: str, waiver: Waiver) -> str | None:
        """Follow a main line back for as long as it has a waiver; None where it does not have it at all."""
        file = f"conf/waiver/{name}.yaml"
        done = git(self.root, "log", "--first-parent", "--format=%H", "--end-of-options", start, "--", file)
        held = None
        for commit in done.stdout.decode(errors="replace").split() if done.returncode == 0 else ():
            if waiver not in waivers_at(self.root, commit, name):
                break
            held = commit
        return held

    def _looked(self, name: str, waiver: Waiver, commit: str) -> Approval:
        file = f"conf/waiver/{name}.yaml"
        before = parent_of(self.root, commit)
        if before is None and shallow(self.root):
            raise InfrastructureError("the history before was not fetched: git fetch --unshallow")
        policy = None if before is None else policy_at(self.root, before)
        if policy is None:
            return Approval(NOT_APPROVED, f"no policy before {commit[:8]} says who may approve a waiver", commit)
        pulls = pulls_of(
            self.answers, self.root, commit, self.branch, file, lambda data: waiver in waivers_in(file, data)
        )
        reviewers = sorted({login for pull in pulls for login in wanting(pull)})
        members = policy.approvals.members
        named = standing(self.answers, reviewers, (waiver.approver,), members)
        owners = standing(self.answers, reviewers, policy.owners, members)
        both = {login: _and(named[login], owners[login]) for login in reviewers}
        both |= {login: False for login in reviewers if f"@{login}".casefold() == waiver.owner.casefold()}
        lacking = f"no owner of the policy that it names ({waiver.approver})"
        return decide(pulls, Asked(commit, file, both, lacking))


def look_up(root: Path, base: str | None, names: Iterable[str], answers: Answers) -> tuple[str, ...]:
    """Look up every waiver that the base, this commit or the main line has, and say what is found.

    No code of a pipeline's runs here, so that what was told can be recorded by a step that holds a token, for one that
    judges.

    Raises:
        ConfigurationError: there is no such commit, or a policy or conf/project.yaml cannot be read.
    """
    branch = open_project(root)[1].ci.branch
    waiving = Waiving(root, commit_of(root, base or "HEAD"), branch, answers)
    places = (waiving.base, "HEAD", f"refs/remotes/origin/{branch}")
    said: list[str] = []
    for name in names:
        for waiver in dict.fromkeys(waiver for place in places for waiver in waivers_at(root, place, name)):
            approval = waiving.of(name, waiver)
            said += () if approval is None else (_told(name, waiver, approval),)
    return tuple(said)


def _told(name: str, waiver: Waiver, approval: Approval) -> str:
    return f"{name}: the waiver of `{waiver.rule}`: {approval.sentence}"


def hold_waivers(
    root: Path, again: Rejudged, answers: Answers, home: Path | None = None
) -> tuple[Rejudged, tuple[str, ...]]:
    """Take out of both verdicts the waivers that their approvers did not approve; give what is to be said of each.

    The main branch is the one that `home` names, the repository that judges. Where nobody looked, a rule that only
    a waiver lets pass is inconclusive if a policy refuses that, else it is said.

    Raises:
        ConfigurationError: a policy that it depends on, or conf/project.yaml, cannot be read.
    """
    judged = (again.now, *(() if again.before is None else (again.before,)))
    if not any(rule.waived for each in judged for rule in each.rules):
        return again, ()
    waiving = Waiving(root, again.base, open_project(home or root)[1].ci.branch, answers)
    found: dict[Waiver, Approval | None] = {}

    def look(waiver: Waiver) -> Approval | None:
        if waiver not in found:
            found[waiver] = waiving.of(again.now.pipeline, waiver)
        return found[waiver]

    now = _held(again.now, look, refused=waiving.refused)
    before = None if again.before is None else _held(again.before, look, refused=waiving.refused)
    said = [_told(again.now.pipeline, waiver, approval) for waiver, approval in found.items() if approval is not None]
    return replace(again, now=now, before=before), tuple(said)


def refuse_unapproved(root: Path, name: str, waiver: Waiver, answers: Answers) -> None:
    """Refuse a waiver of the order of environments that is committed and that its approver did not approve.

    Raises:
        GateFailed: it was not approved.
        Inconclusive: nobody looked, and a policy refuses that.
        ConfigurationError: a policy that it depends on, or conf/project.yaml, cannot be read.
    """
    waiving = Waiving(root, commit_of(root, "HEAD"), open_project(root)[1].ci.branch, answers)
    approval = waiving.of(name, waiver)
    if approval is None or approval.state == APPROVED:
        return
    said = f"{name}: the waiver of `{waiver.rule}` does not count: {approval.sentence}"
    if approval.state == NOT_APPROVED:
        raise GateFailed(said, hint=f"let {waiver.approver} approve its pull request, or a new one: mlops waive {name}")
    if approval == UNKNOWN:
        raise Inconclusive(said, hint=f"mlops waive {name}")
    if waiving.refused:
        raise Inconclusive(said, hint=LOOK)


def _held(judged: Verdict, look: Found, *, refused: bool) -> Verdict:
    rules = tuple(_rule(rule, look, refused=refused) for rule in judged.rules)
    if rules == judged.rules:
        return judged
    return replace(judged, verdict=max(judged.verdict, verdict(rules), key=BADNESS.index), rules=rules)


def _rule(rule: RuleResult, look: Found, *, refused: bool) -> RuleResult:
    if rule.waived is None:
        return rule
    approval = look(Waiver.model_validate(rule.waived.model_dump()))
    if approval is None or approval.state == APPROVED:
        return rule
    if approval.state == NOT_APPROVED:
        return rule.unwaived(f"{rule.sentence}; its waiver does not count: {approval.sentence}")
    if not refused and approval != UNKNOWN:
        return rule
    return rule.unwaived(f"{rule.sentence}; of its waiver, {approval.sentence}", INCONCLUSIVE)


def _and(one: bool | None, other: bool | None) -> bool | None:
    both: Iterable[bool | None] = (one, other)
    return False if False in both else None if None in both else True
