from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.operations.reviewing.approvals import Approval, Asked, Pull, Review, decide, wanting

HEAD, OLDER, NOW = "a" * 40, "b" * 40, "c" * 40
FILE = "conf/release/prod/churn.yaml"
STANDING = {"ana": True, "bo": True, "mallory": False, "team-mate": None}


def asked() -> Asked:
    return Asked(NOW, FILE, STANDING, f"no owner of {FILE}")


def yes(author: str = "ana", commit: str = HEAD) -> Review:
    return Review(author, "APPROVED", commit)


def decided(*reviews: Review, author: str = "release-bot", says_it: bool | None = True, writer: str = "") -> Approval:
    return decide([Pull(7, author, HEAD, reviews, frozenset({writer}), says_it)], asked())


def test_an_owners_approval_of_what_was_merged_counts() -> None:
    found = decided(yes())
    assert found == Approval("approved", "approved by @ana in #7", NOW, 7, ("@ana",))
    assert found.short == "approved by @ana"
    assert found.record() == {
        "state": "approved",
        "by": ["@ana"],
        "pull_request": 7,
        "commit": NOW,
        "sentence": "approved by @ana in #7",
    }


def test_a_login_has_no_case_and_the_last_word_holds() -> None:
    assert decided(yes("ANA")).by == ("@ANA",)
    assert decided(Review("ana", "CHANGES_REQUESTED", OLDER), Review("Ana", "APPROVED", HEAD)).state == "approved"
    assert decided(yes(), Review("ana", "COMMENTED", HEAD), Review("ana", "PENDING", "")).state == "approved"


@pytest.mark.parametrize(
    ("reviews", "why"),
    [
        ((), "nobody reviewed it"),
        ((Review("ana", "COMMENTED", HEAD),), "nobody reviewed it"),
        ((Review("", "APPROVED", HEAD),), "nobody reviewed it"),
        ((Review("ana", "approved", HEAD),), "nobody reviewed it"),
        ((yes(commit=OLDER),), "not approved by @ana, who saw bbbbbbbb, where aaaaaaaa was merged"),
        ((yes(commit=""),), "not approved by @ana, who saw an unknown commit, where aaaaaaaa was merged"),
        ((Review("ana", "DISMISSED", HEAD),), "not approved by @ana, whose approval was dismissed"),
        ((yes(), Review("ana", "DISMISSED", HEAD)), "not approved by @ana, whose approval was dismissed"),
        ((yes("mallory"),), f"not approved by @mallory, who is no owner of {FILE}"),
        ((yes("stranger"),), f"not approved by @stranger, who is no owner of {FILE}"),
        ((yes(), Review("bo", "CHANGES_REQUESTED", OLDER)), "@bo asked for changes"),
        ((yes(), Review("ana", "CHANGES_REQUESTED", HEAD)), "@ana asked for changes"),
    ],
)
def test_nothing_else_counts(reviews: tuple[Review, ...], why: str) -> None:
    assert decided(*reviews) == Approval("not approved", f"#7 was merged past review: {why}", NOW, 7)


def test_nobody_approves_a_work_of_their_own() -> None:
    said = "#7 was merged past review: not approved by @ana, "
    assert decided(yes(), author="Ana").sentence == said + "who opened it"
    assert decided(yes(), writer="ANA").sentence == said + "who wrote a part of it"


def test_what_was_approved_is_what_the_main_branch_has() -> None:
    assert decided(yes(), says_it=False).sentence == (
        f"#7 was merged past review: what cccccccc has of {FILE} is not what was approved there"
    )
    unread = decided(yes(), says_it=None)
    assert (unread.state, unread.sentence) == (
        "not looked at",
        "approval: not looked at: #7: what @ana approved cannot be read",
    )


def test_a_team_that_nobody_can_see_is_a_doubt_and_no_approval() -> None:
    found = decided(yes("team-mate"))
    assert (found.state, found.by) == ("not looked at", ())
    assert found.sentence == (
        "approval: not looked at: #7: whether @team-mate, who approved it, may do so cannot be read"
    )
    assert decided(yes("team-mate"), yes()).by == ("@ana",)


def test_without_a_pull_request_it_was_pushed_past_review() -> None:
    assert decide([], asked()).sentence == "cccccccc came with no merged pull request: it was pushed past review"


def test_of_several_pull_requests_one_that_was_approved_is_enough() -> None:
    bare, good = Pull(6, "x", HEAD), Pull(7, "x", HEAD, (yes(),))
    assert {decide(pulls, asked()).pull_request for pulls in ([bare, good], [good, bare])} == {7}


def test_many_reviewers_are_counted() -> None:
    said = decided(*(yes(f"user{number}", OLDER) for number in range(8))).sentence
    assert said.count("not approved by") == 5
    assert said.endswith("; nor by 3 others")


def test_only_whose_word_may_count_is_looked_up() -> None:
    pull = Pull(7, "bo", HEAD, (yes("zoe"), yes("bo"), yes("old", OLDER), Review("cy", "CHANGES_REQUESTED", OLDER)))
    assert wanting(pull) == ("cy", "zoe")


LOGINS = st.sampled_from(["ana", "ANA", "bo", "mallory", "team-mate", "stranger", ""])
STATES = st.sampled_from(["APPROVED", "CHANGES_REQUESTED", "DISMISSED", "COMMENTED", "PENDING", "approved", "x"])
REVIEWS = st.builds(Review, LOGINS, STATES, st.sampled_from([HEAD, OLDER, ""]))
PULLS = st.builds(
    Pull,
    st.just(7),
    LOGINS,
    st.just(HEAD),
    st.lists(REVIEWS, max_size=6).map(tuple),
    st.frozensets(LOGINS, max_size=2),
    st.sampled_from([True, False, None]),
)


@given(st.lists(PULLS, max_size=2))
def test_nothing_is_approved_without_an_owners_approval_of_the_merged_head(pulls: list[Pull]) -> None:
    def counts(pull: Pull, review: Review) -> bool:
        own = {pull.author.casefold(), *(writer.casefold() for writer in pull.writers)}
        owner = STANDING.get(review.author.casefold()) is True and review.author.casefold() not in own
        return owner and (review.state, review.commit) == ("APPROVED", HEAD) and pull.says_it is True

    found = decide(pulls, asked())
    if not any(counts(pull, review) for pull in pulls for review in pull.reviews):
        assert found.state != "approved"
    if found.state == "approved":
        assert found.by
        assert all(STANDING[login.lstrip("@").casefold()] for login in found.by)


@given(PULLS)
def test_taking_the_owners_away_approves_nothing(pull: Pull) -> None:
    nobody = Asked(NOW, FILE, {}, "no owner")
    assert decide([pull], nobody).state == "not approved"


@given(PULLS, REVIEWS)
def test_an_owners_last_word_of_no_ends_every_approval(pull: Pull, review: Review) -> None:
    last = Review("ana", "CHANGES_REQUESTED", review.commit)
    later = Pull(pull.number, pull.author, pull.head, (*pull.reviews, last), pull.writers, pull.says_it)
    assert decide([later], asked()).state != "approved"
