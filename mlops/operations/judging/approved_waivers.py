"""Waivers and accepted leaks that a judged run needed, held to what their approvers did.

Each counts as `granted` says. Main looks them up before it registers. One that a compiled gate has, and that neither
the main line nor this commit says, is not known to anybody: it is inconclusive, whatever a policy says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.blocks.waiver import Waiver
from mlops.documents.gate import RuleResult
from mlops.errors import GateFailed, Inconclusive
from mlops.operations.declared.accepted import file_of as accepted_file
from mlops.operations.declared.accepted import leak_at, leak_in
from mlops.operations.declared.waivers import waivers_at, waivers_in
from mlops.operations.judging.granted import Grant, Granting
from mlops.operations.reviewing.approvals import APPROVED, NOT_APPROVED, Approval
from mlops.operations.reviewing.reviews import Answers
from mlops.verdict import BADNESS, FAIL, INCONCLUSIVE, verdict

if TYPE_CHECKING:
    from mlops.operations.verdicts.gate import Verdict
    from mlops.operations.verdicts.rejudged import Rejudged

Found = Callable[[RuleResult], tuple[Grant, Approval | None] | None]
LOOK = (
    "give it GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY, or --reviews FILE; "
    "`approvals: {waivers: warn}` in conf/policy.yaml goes without"
)


def of_waiver(name: str, waiver: Waiver) -> Grant:
    """Say what a waiver of a pipeline grants, and where."""
    file = f"conf/waiver/{name}.yaml"
    return Grant(
        f"the waiver of `{waiver.rule}`",
        "a waiver",
        file,
        waiver.owner,
        waiver.approver,
        lambda data: waiver in waivers_in(file, data),
    )


def of_leak(name: str, leak: AcceptedLeak) -> Grant:
    """Say what the acceptance of a leak of a pipeline grants, and where."""
    named = ", ".join(f"`{column}`" for column in leak.columns)
    return Grant(
        f"the leak that is accepted of {named}",
        "a leak",
        accepted_file(name),
        leak.owner,
        leak.approver,
        lambda data: leak == leak_in(name, data),
    )


def look_up(root: Path, base: str | None, names: Iterable[str], answers: Answers) -> tuple[str, ...]:
    """Look up every waiver and accepted leak that the base, this commit or the main line has, and say what is found.

    No code of a pipeline's runs here, so that what was told can be recorded by a step that holds a token, for one that
    judges.

    Raises:
        ConfigurationError: there is no such commit, or a policy or conf/project.yaml cannot be read.
    """
    granting = Granting.at(root, base or "HEAD", answers)
    said: list[str] = []
    for name in names:
        for grant in _every(granting, name):
            approval = granting.of(grant)
            said += () if approval is None else (_told(name, grant, approval),)
    return tuple(said)


def _every(granting: Granting, name: str) -> Iterator[Grant]:
    waivers = (waiver for place in granting.places for waiver in waivers_at(granting.root, place, name))
    yield from (of_waiver(name, waiver) for waiver in dict.fromkeys(waivers))
    leaks = (leak_at(granting.root, place, name) for place in granting.places)
    yield from (of_leak(name, leak) for leak in dict.fromkeys(leaks) if leak is not None)


def _told(name: str, grant: Grant, approval: Approval) -> str:
    return f"{name}: {grant.what}: {approval.sentence}"


def hold_waivers(
    root: Path, again: Rejudged, answers: Answers, home: Path | None = None
) -> tuple[Rejudged, tuple[str, ...]]:
    """Take out of both verdicts what was waived or accepted and not approved; give what is to be said of each.

    The main branch is the one that `home` names, the repository that judges. Where nobody looked, a rule that only
    a waiver, or an accepted leak, lets pass is inconclusive if a policy refuses that, else it is said.

    Raises:
        ConfigurationError: a policy that it depends on, or conf/project.yaml, cannot be read.
    """
    judged = (again.now, *(() if again.before is None else (again.before,)))
    if not any(rule.waived or rule.accepted for each in judged for rule in each.rules):
        return again, ()
    granting = Granting.at(root, again.base, answers, home)
    found: dict[str, tuple[Grant, Approval | None]] = {}
    name = again.now.pipeline

    def look(rule: RuleResult) -> tuple[Grant, Approval | None] | None:
        grant = _grant(name, rule)
        if grant is None:
            return None
        key = f"{rule.waived} {rule.accepted}"
        if key not in found:
            found[key] = (grant, granting.of(grant))
        return found[key]

    now = _held(again.now, look, refused=granting.refused)
    before = None if again.before is None else _held(again.before, look, refused=granting.refused)
    said = [_told(name, grant, approval) for grant, approval in found.values() if approval is not None]
    return replace(again, now=now, before=before), tuple(said)


def refuse_unapproved(root: Path, name: str, waiver: Waiver, answers: Answers) -> None:
    """Refuse a waiver of the order of environments that is committed and that its approver did not approve.

    Raises:
        GateFailed: it was not approved.
        Inconclusive: nobody looked, and a policy refuses that.
        ConfigurationError: a policy that it depends on, or conf/project.yaml, cannot be read.
    """
    granting, grant = Granting.at(root, "HEAD", answers), of_waiver(name, waiver)
    approval = granting.of(grant)
    if approval is None or approval.state == APPROVED:
        return
    said = f"{name}: the waiver of `{waiver.rule}` does not count: {approval.sentence}"
    if approval.state == NOT_APPROVED:
        raise GateFailed(said, hint=f"let {waiver.approver} approve its pull request, or a new one: mlops waive {name}")
    if approval == grant.unknown:
        raise Inconclusive(said, hint=f"mlops waive {name}")
    if granting.refused:
        raise Inconclusive(said, hint=LOOK)


def _grant(name: str, rule: RuleResult) -> Grant | None:
    """Say what lets a rule pass; None where nothing does."""
    if rule.waived is not None:
        return of_waiver(name, Waiver.model_validate(rule.waived.model_dump()))
    if rule.accepted is not None:
        return of_leak(name, AcceptedLeak.model_validate(rule.accepted.model_dump(exclude_none=True)))
    return None


def _held(judged: Verdict, look: Found, *, refused: bool) -> Verdict:
    rules = tuple(_rule(rule, look(rule), refused=refused) for rule in judged.rules)
    if rules == judged.rules:
        return judged
    return replace(judged, verdict=max(judged.verdict, verdict(rules), key=BADNESS.index), rules=rules)


def _rule(rule: RuleResult, found: tuple[Grant, Approval | None] | None, *, refused: bool) -> RuleResult:
    if found is None:
        return rule
    grant, approval = found
    if approval is None or approval.state == APPROVED:
        return rule
    if approval.state == NOT_APPROVED:
        sentence = f"{rule.sentence}; {_its(rule)} does not count: {approval.sentence}"
        return rule.unwaived(sentence) if rule.accepted is None else rule.unaccepted(sentence, FAIL)
    if not refused and approval != grant.unknown:
        return rule
    sentence = f"{rule.sentence}; of {_its(rule)}, {approval.sentence}"
    return rule.unwaived(sentence, INCONCLUSIVE) if rule.accepted is None else rule.unaccepted(sentence, INCONCLUSIVE)


def _its(rule: RuleResult) -> str:
    return "its waiver" if rule.accepted is None else "that acceptance"
