"""Who approved a release, by recorded reviews: what it is judged by is the policy of the commit before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import GateFailed, Inconclusive
from mlops.operations.live.history import history
from mlops.operations.releasing.approved import Looking, refuse_unapproved
from mlops.operations.reviewing.approvals import Approval
from mlops.operations.reviewing.reviews import Answers
from tests.builders.repositories import commit, git
from tests.builders.reviewed import review, told

pytestmark = pytest.mark.slow

FILE = "conf/release/prod/tiny.yaml"
ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
POLICY = 'owners: ["@ana", "@bo"]\n'
BROKEN = 'break_glass: {by: "@Ana", reason: the API of GitHub is down, since: "2026-11-20"}\n'
REFUSE = "approvals: {releases: refuse}\n"
GLASS = 'approvals: {releases: refuse, break_glass: {people: ["@ana"], days: 3}}\n'


@dataclass
class Place:
    """A repository with a policy, and what GitHub would answer of its commits."""

    root: Path
    known: dict[str, Any]
    numbers: int = 0

    def policy(self, text: str) -> str:
        (self.root / "conf").mkdir(exist_ok=True)
        (self.root / "conf/policy.yaml").write_text(text)
        return commit(self.root, "policy")

    def pushed(self, text: str | None) -> str:
        """Change the release file past review."""
        path = self.root / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if text is None else path.write_text(text)
        made = commit(self.root, "release")
        self.known[f"commits/{made}/pulls"] = []
        return made

    def merged(self, text: str, *reviews: dict[str, Any], **change: Any) -> str:
        """Change the release file by a pull request; its head is here, as after a merge commit."""
        before = git(self.root, "rev-parse", "HEAD").strip()
        head = self.pushed(text)
        git(self.root, "reset", "-q", "--hard", before)
        git(self.root, "merge", "-q", "--no-ff", "-m", "Merge pull request", head)
        made, self.numbers = git(self.root, "rev-parse", "HEAD").strip(), self.numbers + 1
        given = [{**one, "commit_id": head if one["commit_id"] == "e" * 40 else one["commit_id"]} for one in reviews]
        self.known |= told(made, *given, head=head, number=self.numbers, **change)
        return made

    def looking(self, today: str = "2026-11-21") -> Looking:
        return Looking(self.root, Answers(known=self.known), "main", date.fromisoformat(today))

    def found(self, today: str = "2026-11-21") -> Approval:
        return self.looking(today).of_release("prod", "tiny")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path, {})
    made.policy(POLICY)
    return made


def test_an_owner_approved_it(place: Place) -> None:
    made = place.merged(f"bundle: {ONE}\n", review("ana"))
    assert place.found() == Approval("approved", "approved by @ana in #1", made, 1, ("@ana",))


def test_what_was_pushed_past_review_is_named(place: Place) -> None:
    made = place.pushed(f"bundle: {ONE}\n")
    assert place.found().sentence == f"{made[:8]} came with no merged pull request: it was pushed past review"


def test_an_approval_counts_for_what_was_approved_alone(place: Place) -> None:
    place.merged(f"bundle: {ONE}\n", review("ana", commit="d" * 40))
    assert place.found().state == "not approved"
    approved = place.merged(f"bundle: {TWO}\n", review("ana"))
    assert place.found().state == "approved"
    (place.root / FILE).write_text("bundle: sha256:" + "3" * 64 + "\n")
    git(place.root, "commit", "-qa", "--amend", "--no-edit")
    other = git(place.root, "rev-parse", "HEAD").strip()
    place.known[f"commits/{other}/pulls"] = place.known[f"commits/{approved}/pulls"]
    assert place.found().sentence == (
        f"#2 was merged past review: what {other[:8]} has of {FILE} is not what was approved there"
    )


def test_a_release_brings_no_owners_along(place: Place) -> None:
    """Whoever pushes a policy and a release in one is judged by the policy before."""
    (place.root / "conf/policy.yaml").write_text('owners: ["@mallory"]\n')
    place.merged(f"bundle: {ONE}\n", review("mallory"))
    assert place.found().sentence == f"#1 was merged past review: not approved by @mallory, who is no owner of {FILE}"


def test_owners_are_those_of_codeowners(place: Place) -> None:
    (place.root / ".github").mkdir()
    (place.root / ".github/CODEOWNERS").write_text("* @ana\n/conf/release/prod/ @ops\n")
    commit(place.root)
    place.merged(f"bundle: {ONE}\n", review("ana"))
    assert place.found().state == "not approved"
    place.merged(f"bundle: {TWO}\n", review("ops"))
    assert place.found().by == ("@ops",)


def test_the_policy_says_who_is_in_a_team(place: Place) -> None:
    place.policy('owners: ["@shop/risk"]\napprovals: {members: {"@shop/risk": ["@dan"]}}\n')
    place.merged(f"bundle: {ONE}\n", review("dan"))
    assert place.found().by == ("@dan",)
    place.policy('owners: ["@shop/risk"]\n')
    place.merged(f"bundle: {TWO}\n", review("dan"))
    assert place.found().sentence == (
        "approval: not looked at: #2: whether @dan, who approved it, may do so cannot be read"
    )


def test_the_first_commit_and_one_that_was_not_fetched(tmp_path: Path) -> None:
    place = Place(tmp_path / "first", {})
    place.root.mkdir()
    made = place.pushed(f"bundle: {ONE}\n")
    assert place.found().sentence == f"{made[:8]} is the first commit of all, which nobody reviewed"
    place.policy(POLICY)
    last = place.pushed(f"bundle: {TWO}\n")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{place.root}", "shallow")
    found = replace(place.looking(), root=tmp_path / "shallow").of_release("prod", "tiny")
    assert found == Approval(
        "not looked at", "approval: not looked at: the history before was not fetched: git fetch --unshallow", last
    )


def test_nobody_looked(place: Place) -> None:
    made = place.pushed(f"bundle: {ONE}\n")
    looking = replace(place.looking(), answers=Answers(why="nobody can be asked"))
    assert looking.of_release("prod", "tiny") == Approval(
        "not looked at", "approval: not looked at: nobody can be asked", made
    )
    assert place.looking().of_release("prod", "other").sentence == (
        "approval: not looked at: no commit has the release file"
    )


def test_the_policy_says_whether_it_is_refused(place: Place) -> None:
    place.pushed(f"bundle: {ONE}\n")
    refuse_unapproved(place.root, place.found())
    place.policy(POLICY + REFUSE)
    with pytest.raises(GateFailed) as caught:
        refuse_unapproved(place.root, place.found())
    assert caught.value.message == place.found().sentence
    assert caught.value.hint == "let an owner approve that pull request, or the same release in a new one"
    unseen = replace(place.looking(), answers=Answers(why="nobody can be asked")).of_release("prod", "tiny")
    with pytest.raises(Inconclusive, match="^approval: not looked at: nobody can be asked"):
        refuse_unapproved(place.root, unseen)


def test_nobody_looked_and_the_policy_does_not_say(place: Place) -> None:
    """What nobody watches refuses it, what somebody watches says it; what is known to be past review is named."""
    place.pushed(f"bundle: {ONE}\n")
    unseen = replace(place.looking(), answers=Answers(why="nobody can be asked")).of_release("prod", "tiny")
    refuse_unapproved(place.root, unseen)
    with pytest.raises(Inconclusive) as caught:
        refuse_unapproved(place.root, unseen, automatic=True)
    assert caught.value.message == "approval: not looked at: nobody can be asked"
    assert caught.value.hint == (
        "give it GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY, or --reviews FILE; "
        "`approvals: {releases: warn}` in conf/policy.yaml goes without"
    )
    refuse_unapproved(place.root, place.found(), automatic=True)
    place.policy(POLICY + "approvals: {releases: warn}\n")
    place.pushed(f"bundle: {TWO}\n")
    git(place.root, "reset", "-q", "--soft", "HEAD~2")
    last = commit(place.root, "policy and release in one")
    unseen = replace(place.looking(), answers=Answers(why="nobody can be asked")).of_commit(FILE, last)
    with pytest.raises(Inconclusive):  # by the policy of the commit before it was loosened
        refuse_unapproved(place.root, unseen, automatic=True)


def test_who_says_warn_goes_without(place: Place) -> None:
    place.policy(POLICY + "approvals: {releases: warn}\n")
    place.pushed(f"bundle: {ONE}\n")
    unseen = replace(place.looking(), answers=Answers(why="nobody can be asked")).of_release("prod", "tiny")
    assert unseen.state == "not looked at"
    refuse_unapproved(place.root, unseen, automatic=True)


def test_a_release_that_loosens_the_policy_is_refused_by_the_one_before(place: Place) -> None:
    place.policy(POLICY + REFUSE)
    (place.root / "conf/policy.yaml").write_text(POLICY)
    place.pushed(f"bundle: {ONE}\n")
    with pytest.raises(GateFailed):
        refuse_unapproved(place.root, place.found())


def test_break_glass_lets_through_for_some_days_and_says_so_loudly(place: Place) -> None:
    place.policy(POLICY + GLASS)
    made = place.pushed(f"bundle: {ONE}\n{BROKEN}")
    found = place.found("2026-11-23")
    assert found == Approval(
        "break-glass",
        "BREAK-GLASS by @Ana since 2026-11-20: the API of GitHub is down; nobody approved it yet, an owner must until "
        f"2026-11-23: in a pull request that takes `break_glass` out of {FILE}",
        made,
        None,
        ("@Ana",),
    )
    refuse_unapproved(place.root, found)
    assert replace(place.looking(), answers=Answers()).of_release("prod", "tiny").state == "break-glass"


@pytest.mark.parametrize(
    ("today", "why"),
    [("2026-11-24", "its break-glass of 2026-11-20 ended on 2026-11-23"), ("2026-11-19", "it has not begun")],
)
def test_break_glass_ends(place: Place, today: str, why: str) -> None:
    place.policy(POLICY + GLASS)
    place.pushed(f"bundle: {ONE}\n{BROKEN}")
    found = place.found(today)
    assert found.sentence.endswith(f"pushed past review; {why}")
    with pytest.raises(GateFailed):
        refuse_unapproved(place.root, found)


def test_a_later_commit_does_not_renew_a_broken_glass(place: Place) -> None:
    place.policy(POLICY + GLASS)
    place.pushed(f"bundle: {ONE}\n{BROKEN}")
    place.pushed(f"bundle: {ONE}\n{BROKEN.replace('2026-11-20', '2026-11-23')}")
    assert place.found("2026-11-23").state == "break-glass"
    found = place.found("2026-11-24")
    assert found.state == "not approved"
    assert found.sentence.endswith("; its break-glass of 2026-11-20 ended on 2026-11-23")


def test_a_glass_broken_for_another_bundle_begins_anew(place: Place) -> None:
    place.policy(POLICY + GLASS)
    place.pushed(f"bundle: {ONE}\n{BROKEN}")
    place.pushed(f"bundle: {TWO}\n{BROKEN.replace('2026-11-20', '2026-11-23')}")
    assert place.found("2026-11-24").state == "break-glass"


def test_no_glass_is_broken_over_an_owner_who_asked_for_changes(place: Place) -> None:
    place.policy(POLICY + GLASS)
    place.merged(f"bundle: {ONE}\n{BROKEN}", review("bo", "CHANGES_REQUESTED"))
    found = place.found("2026-11-21")
    assert (found.state, found.vetoed) == ("not approved", True)
    with pytest.raises(GateFailed, match="asked for changes$"):
        refuse_unapproved(place.root, found)


@pytest.mark.parametrize("policy", [REFUSE, GLASS.replace("ana", "bo"), "approvals: {}\n"])
def test_only_whom_the_policy_names_breaks_the_glass(place: Place, policy: str) -> None:
    place.policy(POLICY + policy)
    (place.root / "conf/policy.yaml").write_text(POLICY + GLASS)
    place.pushed(f"bundle: {ONE}\n{BROKEN}")
    assert place.found().sentence.endswith("pushed past review; @Ana may not release by break-glass")


def test_history_tells_what_was_approved_afterwards(place: Place) -> None:
    place.policy(POLICY + GLASS)
    first = place.pushed(f"bundle: {ONE}\n{BROKEN}")
    moments = history(place.root, "prod", "tiny")
    assert [one.state for one in place.looking().of_moments("tiny", moments)] == ["break-glass"]
    place.merged(f"bundle: {ONE}\n", review("bo"))
    moments = history(place.root, "prod", "tiny")
    (after,) = place.looking("2027-01-01").of_moments("tiny", moments)
    assert (after.state, after.by, after.commit) == ("approved", ("@bo",), first)
    assert after.sentence.endswith("; afterwards approved by @bo in #1")
    assert place.found("2027-01-01").state == "approved"


def test_what_was_approved_of_another_bundle_approves_none_before(place: Place) -> None:
    place.pushed(f"bundle: {ONE}\n")
    place.merged(f"bundle: {TWO}\n", review("bo"))
    place.merged(f"bundle: {ONE}\n", review("bo"))
    found = place.looking().of_moments("tiny", history(place.root, "prod", "tiny"))
    assert [one.state for one in found] == ["approved", "approved", "not approved"]


def test_a_policy_that_cannot_be_read_is_a_doubt(place: Place) -> None:
    before = place.policy("owners: 7\n")
    place.merged(f"bundle: {ONE}\n", review("ana"))
    assert place.found().sentence == f"approval: not looked at: the policy of {before[:8]} cannot be read"
