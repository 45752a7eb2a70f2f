"""A waiver counts where its approver approved the pull request that brought it; until then it is looked up."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.blocks.waiver import Waiver
from mlops.documents.gate import RuleResult
from mlops.errors import GateFailed, Inconclusive
from mlops.operations.judging.approved_waivers import hold_waivers, look_up, refuse_unapproved
from mlops.operations.reviewing.reviews import Answers
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.verdicts.rejudged import Rejudged
from tests.builders.repositories import commit, git
from tests.builders.reviewed import review, told

pytestmark = pytest.mark.slow

FILE = "conf/waiver/tiny.yaml"
WAIVER = {
    "rule": "auroc",
    "reason": "the data of one site is late",
    "owner": "@dan",
    "approver": "@bo",
    "granted": "2026-11-01",
    "expires": "2026-11-20",
}
OTHER = WAIVER | {"rule": "brier"}


@dataclass
class Place:
    """A repository whose main line has a policy and waivers, and what GitHub would answer of them."""

    root: Path
    known: dict[str, Any] = field(default_factory=dict)

    def write(self, file: str, value: Any) -> str:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(value))
        return commit(self.root, f"change {file}")

    def waived(self, *waivers: dict[str, str], **change: Any) -> str:
        """Merge waivers by squashing; the head that was approved is here, on a branch of its own."""
        git(self.root, "switch", "-q", "-c", "change")
        head = self.write(FILE, {"waivers": list(waivers)})
        git(self.root, "switch", "-q", "main")
        made = self.write(FILE, {"waivers": list(waivers)})
        git(self.root, "branch", "-q", "-D", "change")
        reviews = [one | {"commit_id": head} for one in change.pop("reviews", [])]
        self.known |= told(made, *reviews, head=head, **change)
        return made

    def held(self, base: str = "main", *, waiver: dict[str, str] = WAIVER) -> tuple[Verdict, tuple[str, ...]]:
        rules = (waived(waiver), GOOD)
        commit_of = git(self.root, "rev-parse", base).strip()
        again = Rejudged(commit_of, Verdict("tiny", "pass", rules, None), None, ())
        found, said = hold_waivers(self.root, again, Answers(known=self.known, why="nobody can be asked"))
        return found.whole, said


RULE: dict[str, Any] = {
    "id": "auroc",
    "metric": "auroc",
    "slice": None,
    "verdict": "fail",
    "applicable": True,
    "mode": "block",
    "sentence": "auroc is 0.6 but must be at least 0.7",
}
GOOD = RuleResult.model_validate({**RULE, "id": "other", "verdict": "pass"})


def waived(waiver: dict[str, str]) -> RuleResult:
    return RuleResult.model_validate({**RULE, "waived": waiver})


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = Place(tmp_path_factory.mktemp("waived"))
    place.write("conf/project.yaml", {"name": "shop"})
    place.write("conf/policy.yaml", {"owners": ["@bo"]})
    return place.root


@pytest.fixture
def place(tmp_path: Path, _made: Path) -> Place:
    return Place(shutil.copytree(_made, tmp_path, dirs_exist_ok=True))


def test_its_approver_approved_it(place: Place) -> None:
    place.waived(WAIVER, reviews=[review("bo")])
    found, said = place.held()
    assert (found.verdict, found.rules[0].waived) == ("pass", waived(WAIVER).waived)
    assert said == ("tiny: the waiver of `auroc`: approved by @bo in #7",)


def test_a_name_in_a_file_approves_nothing(place: Place) -> None:
    place.waived(WAIVER)
    found, said = place.held()
    assert found.verdict == "fail"
    assert found.rules[0].waived is None
    assert found.rules[0]["sentence"] == (
        "auroc is 0.6 but must be at least 0.7; its waiver does not count: "
        "#7 was merged past review: nobody reviewed it"
    )
    assert said == ("tiny: the waiver of `auroc`: #7 was merged past review: nobody reviewed it",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reviews": [review("ana")]}, "not approved by @ana, who is no owner of the policy that it names (@bo)"),
        ({"reviews": [review("bo")], "author": "bo"}, "not approved by @bo, who opened it"),
        ({"reviews": [review("bo")], "writers": ("bo",)}, "not approved by @bo, who wrote a part of it"),
    ],
)
def test_nobody_else_approves_it(place: Place, change: dict[str, Any], why: str) -> None:
    place.waived(WAIVER, **change)
    assert place.held()[1] == (f"tiny: the waiver of `auroc`: #7 was merged past review: {why}",)


def test_its_approver_owns_the_policy_as_it_was_before(place: Place) -> None:
    named = WAIVER | {"approver": "@mallory"}
    place.waived(named, reviews=[review("mallory")])
    assert place.held(waiver=named)[0].verdict == "fail"
    place.write("conf/policy.yaml", {"owners": ["@mallory"]})
    assert place.held(waiver=named)[0].verdict == "fail"
    place.waived(OTHER, reviews=[review("mallory")])
    place.waived(named, reviews=[review("mallory")])
    assert place.held(waiver=named)[0].verdict == "pass"


def test_an_owning_team_that_nobody_can_see_is_a_doubt(place: Place) -> None:
    place.write("conf/policy.yaml", {"owners": ["@shop/risk"], "approvals": {"waivers": "refuse"}})
    place.waived(WAIVER, reviews=[review("bo")])
    assert place.held()[0].verdict == "inconclusive"


def test_who_asks_for_it_approves_nothing_as_one_of_a_team(place: Place) -> None:
    policy = {"owners": ["@shop/risk"], "approvals": {"members": {"@shop/risk": ["@dan", "@bo"]}}}
    place.write("conf/policy.yaml", policy)
    team = WAIVER | {"approver": "@shop/risk"}
    place.waived(team, reviews=[review("dan")])
    assert place.held(waiver=team)[0].verdict == "fail"
    place.waived(reviews=[review("bo")])
    place.waived(team, reviews=[review("bo")])
    assert place.held(waiver=team)[0].verdict == "pass"


def test_it_is_the_pull_request_that_brought_it_whatever_came_later(place: Place) -> None:
    place.waived(WAIVER, reviews=[review("bo")])
    place.waived(WAIVER, OTHER, number=8)
    assert place.held()[0].verdict == "pass"
    assert place.held(waiver=OTHER)[0].verdict == "fail"
    place.waived(OTHER | {"reason": "and something else"}, number=9)
    place.waived(WAIVER, number=10)
    assert place.held()[1] == ("tiny: the waiver of `auroc`: #10 was merged past review: nobody reviewed it",)


def test_without_an_answer_the_policy_says_what_becomes_of_it(place: Place) -> None:
    place.waived(WAIVER)
    place.known.clear()
    refused, said = place.held()
    assert said == ("tiny: the waiver of `auroc`: approval: not looked at: nobody can be asked",)
    assert (refused.verdict, refused.rules[0]["verdict"]) == ("inconclusive", "inconclusive")
    error = refused.error()
    assert error is not None
    assert error.exit_code == 7
    assert refused.rules[0]["sentence"] == (
        "auroc is 0.6 but must be at least 0.7; of its waiver, approval: not looked at: nobody can be asked"
    )
    place.write("conf/policy.yaml", {"owners": ["@bo"], "approvals": {"waivers": "warn"}})
    found, said = place.held()
    assert found.verdict == "pass"
    assert said == ("tiny: the waiver of `auroc`: approval: not looked at: nobody can be asked",)


def test_the_policy_of_the_base_holds_too(place: Place) -> None:
    base = place.waived(WAIVER)
    place.known.clear()
    place.write("conf/policy.yaml", {"owners": ["@bo"], "approvals": {"waivers": "warn"}})
    assert place.held(base)[0].verdict == "inconclusive"
    git(place.root, "rm", "-q", "conf/policy.yaml")
    commit(place.root, "no policy")
    assert place.held()[0].verdict == "inconclusive"


def test_while_its_pull_request_is_open_its_reviews_are_to_come(place: Place) -> None:
    base = git(place.root, "rev-parse", "main").strip()
    place.waived(WAIVER)
    assert place.held(base) == (Verdict("tiny", "pass", (waived(WAIVER), GOOD), None), ())


def test_one_that_no_file_says_is_inconclusive_whatever_the_policy_says(place: Place) -> None:
    place.write("conf/policy.yaml", {"owners": ["@bo"], "approvals": {"waivers": "warn"}})
    why = "approval: not looked at: no file of conf/waiver/ says it, here or on the main line"
    found, said = place.held()
    assert (found.verdict, found.rules[0]["verdict"]) == ("inconclusive", "inconclusive")
    assert found.rules[0]["sentence"] == f"auroc is 0.6 but must be at least 0.7; of its waiver, {why}"
    assert said == (f"tiny: the waiver of `auroc`: {why}",)
    with pytest.raises(Inconclusive) as caught:
        refuse_unapproved(place.root, "tiny", Waiver.model_validate(WAIVER), Answers())
    assert caught.value.message == f"tiny: the waiver of `auroc` does not count: {why}"
    assert caught.value.hint == "mlops waive tiny"


def test_main_looks_up_what_the_push_brought(place: Place) -> None:
    base = git(place.root, "rev-parse", "main").strip()
    place.waived(WAIVER)
    git(place.root, "update-ref", "refs/remotes/origin/main", "main")
    assert place.held(base)[0].verdict == "fail"


def test_without_a_policy_nobody_may_approve(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write("conf/project.yaml", {"name": "shop"})
    made = place.waived(WAIVER, reviews=[review("bo")])
    said = f"tiny: the waiver of `auroc`: no policy before {made[:8]} says who may approve a waiver"
    assert place.held()[1] == (said,)


def test_without_a_waiver_nothing_is_read(tmp_path: Path) -> None:
    again = Rejudged("HEAD", Verdict("tiny", "pass", (GOOD,), None), None, ())
    assert hold_waivers(tmp_path, again, Answers()) == (again, ())


def test_a_waiver_of_the_order_is_held_to_the_same(place: Place) -> None:
    waiver = WAIVER | {"rule": "release.after", "expires": "2026-11-05"}
    known = Waiver.model_validate(waiver)

    def refuse() -> None:
        refuse_unapproved(place.root, "tiny", known, Answers(known=place.known, why="nobody can be asked"))

    place.waived(waiver, reviews=[review("bo")])
    refuse()
    place.waived(reviews=[review("bo")])
    place.waived(waiver)
    with pytest.raises(GateFailed) as caught:
        refuse()
    assert caught.value.message == (
        "tiny: the waiver of `release.after` does not count: #7 was merged past review: nobody reviewed it"
    )
    place.known.clear()
    with pytest.raises(Inconclusive) as doubted:
        refuse()
    assert doubted.value.message == (
        "tiny: the waiver of `release.after` does not count: approval: not looked at: nobody can be asked"
    )
    assert doubted.value.hint == (
        "give it GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY, or --reviews FILE; "
        "`approvals: {waivers: warn}` in conf/policy.yaml goes without"
    )
    place.write("conf/policy.yaml", {"owners": ["@bo"], "approvals": {"waivers": "warn"}})
    refuse()


def test_all_waivers_are_looked_up_by_a_step_that_runs_no_code(place: Place, tmp_path: Path) -> None:
    base = git(place.root, "rev-parse", "main").strip()
    place.waived(WAIVER, OTHER, reviews=[review("bo")])
    answers = Answers(known=place.known)
    assert look_up(place.root, base, ["tiny"], answers) == ()
    git(place.root, "update-ref", "refs/remotes/origin/main", "main")
    assert look_up(place.root, base, ["tiny", "none"], answers) == (
        "tiny: the waiver of `auroc`: approved by @bo in #7",
        "tiny: the waiver of `brier`: approved by @bo in #7",
    )
    assert look_up(place.root, None, ["tiny"], Answers(why="no")) == (
        "tiny: the waiver of `auroc`: approval: not looked at: no",
        "tiny: the waiver of `brier`: approval: not looked at: no",
    )


def test_a_history_that_was_not_fetched_is_a_doubt(place: Place, tmp_path: Path) -> None:
    place.waived(WAIVER)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{place.root}", "shallow")
    shallow = Place(tmp_path / "shallow", place.known)
    why = "the history before was not fetched: git fetch --unshallow"
    assert shallow.held()[1] == (f"tiny: the waiver of `auroc`: approval: not looked at: {why}",)


LEAK = {
    "columns": ["paid", "closed"],
    "reason": "both are known on the day before",
    "owner": "@dan",
    "approver": "@bo",
    "since": "2026-11-01",
    "until": "2027-03-01",
}
ENDLESS = {"columns": LEAK["columns"], "reason": LEAK["reason"]}


def accepting(leak: dict[str, Any]) -> RuleResult:
    sentence = "auroc is 0.999; accepted: both are known on the day before"
    more = {"id": "too_good_to_be_true", "mode": "warn", "verdict": "pass", "sentence": sentence}
    until = {"accepted_until": leak["until"]} if "until" in leak else {}
    return RuleResult.model_validate({**RULE, **more, "accepted": leak, **until})


@dataclass
class Accepting(Place):
    """The same, where a leak is accepted."""

    def accepted(self, leak: dict[str, Any], **change: Any) -> str:
        git(self.root, "switch", "-q", "-c", "change")
        head = self.write("conf/accept/tiny.yaml", {"leak": leak})
        git(self.root, "switch", "-q", "main")
        made = self.write("conf/accept/tiny.yaml", {"leak": leak})
        git(self.root, "branch", "-q", "-D", "change")
        reviews = [one | {"commit_id": head} for one in change.pop("reviews", [])]
        self.known |= told(made, *reviews, head=head, **change)
        return made

    def judged(self, leak: dict[str, Any], base: str = "main") -> tuple[Verdict, tuple[str, ...]]:
        commit_of = git(self.root, "rev-parse", base).strip()
        again = Rejudged(commit_of, Verdict("tiny", "pass", (accepting(leak), GOOD), None), None, ())
        found, said = hold_waivers(self.root, again, Answers(known=self.known, why="nobody can be asked"))
        return found.whole, said


@pytest.fixture
def accepting_place(place: Place) -> Accepting:
    return Accepting(place.root)


@pytest.mark.parametrize("leak", [LEAK, ENDLESS], ids=["dated", "endless"])
def test_an_accepted_leak_counts_where_an_owner_approved_it(accepting_place: Accepting, leak: dict[str, Any]) -> None:
    accepting_place.accepted(leak, reviews=[review("bo")])
    found, said = accepting_place.judged(leak)
    assert (found.verdict, found.rules[0]) == ("pass", accepting(leak))
    assert said == ("tiny: the leak that is accepted of `paid`, `closed`: approved by @bo in #7",)


@pytest.mark.parametrize(
    ("leak", "reviews", "why"),
    [
        (LEAK, [], "nobody reviewed it"),
        (LEAK, ["ana"], "not approved by @ana, who is no owner of the policy that it names (@bo)"),
        (LEAK, ["dan"], "not approved by @dan, who is no owner of the policy that it names (@bo)"),
        (ENDLESS, ["ana"], "not approved by @ana, who is no owner of the policy"),
    ],
)
def test_an_accepted_leak_that_nobody_approved_fails(
    accepting_place: Accepting, leak: dict[str, Any], reviews: list[str], why: str
) -> None:
    accepting_place.accepted(leak, reviews=[review(login) for login in reviews])
    found, said = accepting_place.judged(leak)
    past = f"#7 was merged past review: {why}"
    assert (found.verdict, found.rules[0].verdict, found.rules[0].mode) == ("fail", "fail", "block")
    assert found.rules[0].accepted is None
    assert found.rules[0].sentence == f"{accepting(leak).sentence}; that acceptance does not count: {past}"
    assert said == (f"tiny: the leak that is accepted of `paid`, `closed`: {past}",)


def test_an_accepted_leak_that_nobody_can_look_up_is_a_doubt(accepting_place: Accepting) -> None:
    accepting_place.accepted(LEAK)
    accepting_place.known.clear()
    found, _ = accepting_place.judged(LEAK)
    assert found.verdict == "inconclusive"
    unlooked = "approval: not looked at: nobody can be asked"
    assert found.rules[0].sentence == f"{accepting(LEAK).sentence}; of that acceptance, {unlooked}"
    accepting_place.write("conf/policy.yaml", {"owners": ["@bo"], "approvals": {"waivers": "warn"}})
    assert accepting_place.judged(LEAK)[0].verdict == "pass"


def test_a_leak_that_no_file_accepts_is_inconclusive_whatever_the_policy_says(accepting_place: Accepting) -> None:
    accepting_place.write("conf/policy.yaml", {"owners": ["@bo"], "approvals": {"waivers": "warn"}})
    found, said = accepting_place.judged(LEAK)
    why = "approval: not looked at: no file of conf/accept/ says it, here or on the main line"
    assert found.verdict == "inconclusive"
    assert said == (f"tiny: the leak that is accepted of `paid`, `closed`: {why}",)


def test_while_the_pull_request_of_an_accepted_leak_is_open_its_reviews_are_to_come(accepting_place: Accepting) -> None:
    base = git(accepting_place.root, "rev-parse", "main").strip()
    accepting_place.accepted(LEAK)
    assert accepting_place.judged(LEAK, base) == (Verdict("tiny", "pass", (accepting(LEAK), GOOD), None), ())


def test_accepted_leaks_are_looked_up_by_a_step_that_runs_no_code(accepting_place: Accepting) -> None:
    accepting_place.accepted(LEAK, reviews=[review("bo")])
    assert look_up(accepting_place.root, None, ["tiny"], Answers(known=accepting_place.known)) == (
        "tiny: the leak that is accepted of `paid`, `closed`: approved by @bo in #7",
    )
