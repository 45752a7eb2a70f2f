"""Asking GitHub, or a recorded answer, on loopback: whatever comes back, nothing is taken for an approval."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.reviewing.approvals import Pull, Review
from mlops.operations.reviewing.github import Client
from mlops.operations.reviewing.reviews import Answers, member, pulls_of, standing
from tests.builders.forge import Forge, forge
from tests.builders.repositories import commit
from tests.builders.reviewed import HEAD, recorded, review, told

pytestmark = pytest.mark.slow  # plays with Git or whole repositories

FILE = "release.yaml"
REPO = "repos/acme/models"
PAGE = "?per_page=100&page=1"


@pytest.fixture
def hub() -> Iterator[Forge]:
    with forge() as state:
        state.settings["nothing"] = True
        yield state


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / FILE).write_text("bundle: one\n")
    return folder


def says(data: bytes | None) -> bool:
    return data == b"bundle: one\n"


def live(hub: Forge) -> Answers:
    return Answers(Client("acme/models", "secret", hub.api, wait=lambda _: None))


def serve(hub: Forge, answers: dict[str, Any]) -> None:
    hub.settings |= {f"{REPO}/{path}{PAGE}": value for path, value in answers.items()}


def content(text: str) -> dict[str, str]:
    return {"encoding": "base64", "content": base64.encodebytes(text.encode()).decode()}


def test_a_commits_pull_request_is_read_with_all_that_was_said(hub: Forge, root: Path) -> None:
    now = commit(root)
    serve(hub, told(now, review("ana"), review(None, "COMMENTED"), author="bo", writers=("bo",)))
    hub.settings[f"{REPO}/contents/{FILE}?ref={HEAD}"] = content("bundle: one\n")
    answers = live(hub)
    (found,) = pulls_of(answers, root, now, "main", FILE, says)
    reviews = (Review("ana", "APPROVED", HEAD), Review("", "COMMENTED", HEAD))
    assert found == Pull(7, "bo", HEAD, reviews, frozenset({"bo", "web-flow"}), says_it=True)
    asked = len(hub.requests)
    assert pulls_of(answers, root, now, "main", FILE, says) == (found,)
    assert len(hub.requests) == asked


def test_what_was_told_can_be_kept_and_told_again(hub: Forge, root: Path, tmp_path: Path) -> None:
    now = commit(root)
    serve(hub, told(now, review("ana")))
    hub.settings[f"{REPO}/contents/{FILE}?ref={HEAD}"] = content("bundle: two\n")
    answers = live(hub)
    found = pulls_of(answers, root, now, "main", FILE, says)
    answers.write(tmp_path / "kept.json")
    assert [pull.says_it for pull in found] == [False]
    assert pulls_of(Answers.of(tmp_path / "kept.json"), root, now, "main", FILE, says) == found


def test_a_head_that_is_here_is_not_asked_for(root: Path) -> None:
    head = commit(root)
    (root / FILE).write_text("bundle: two\n")
    now = commit(root)
    for merged, found in ((head, True), (now, False)):
        known = told(now, head=merged)
        assert [pull.says_it for pull in pulls_of(Answers(known=known), root, now, "main", FILE, says)] == [found]


@pytest.mark.parametrize("change", [{"base": "develop"}, {"merged": None}])
def test_a_pull_request_of_another_branch_or_not_merged_is_none(root: Path, change: dict[str, Any]) -> None:
    now = commit(root)
    assert pulls_of(Answers(known=told(now, review("ana"), **change)), root, now, "main", FILE, says) == ()


def test_every_page_is_read(hub: Forge, root: Path) -> None:
    now = commit(root)
    many = [review("ana", "COMMENTED") for _ in range(100)]
    serve(hub, told(now, *many))
    hub.settings[f"{REPO}/pulls/7/reviews?per_page=100&page=2"] = [review("ana")]
    hub.settings[f"{REPO}/contents/{FILE}?ref={HEAD}"] = content("bundle: one\n")
    (found,) = pulls_of(live(hub), root, now, "main", FILE, says)
    assert len(found.reviews) == 101


@pytest.mark.parametrize("answer", [{"message": "x"}, "text", 7, [7], [{"number": "7"}], [{"number": -1}], [None]])
def test_an_answer_of_another_shape_is_said_in_words(hub: Forge, root: Path, answer: Any) -> None:
    now = commit(root)
    serve(hub, {f"commits/{now}/pulls": answer})
    with pytest.raises(InfrastructureError, match="answered in a way that is not understood here"):
        pulls_of(live(hub), root, now, "main", FILE, says)


@pytest.mark.parametrize("wrong", [{"content": "!"}, {"encoding": "none", "content": ""}, [], "x"])
def test_a_file_that_cannot_be_read_is_said_in_words(hub: Forge, root: Path, wrong: Any) -> None:
    now = commit(root)
    serve(hub, told(now, review("ana")))
    hub.settings[f"{REPO}/contents/{FILE}?ref={HEAD}"] = wrong
    with pytest.raises(InfrastructureError, match="answered in a way that is not understood here"):
        pulls_of(live(hub), root, now, "main", FILE, says)


def test_a_file_that_this_token_may_not_read_is_a_doubt(root: Path, hub: Forge) -> None:
    now = commit(root)
    serve(hub, told(now, review("ana")))
    assert [pull.says_it for pull in pulls_of(live(hub), root, now, "main", FILE, says)] == [None]


def test_that_a_file_is_gone_is_believed_of_a_head_that_is_here(root: Path) -> None:
    now = commit(root)
    told_here, told_there = (told(now, review("ana"), head=head) for head in (now, HEAD))
    gone = {f"contents/gone.yaml?ref={HEAD}": None}
    for known, found in ((told_here, True), (told_there | gone, None)):
        (pull,) = pulls_of(Answers(known=known), root, now, "main", "gone.yaml", lambda data: data is None)
        assert pull.says_it is found


def test_more_commits_than_github_lists_are_a_doubt(root: Path) -> None:
    now = commit(root)
    known = told(now, review("ana"), head=now, writers=("ana",) * 250)
    with pytest.raises(InfrastructureError) as raised:
        pulls_of(Answers(known=known), root, now, "main", FILE, says)
    assert str(raised.value) == "#7 has 250 commits or more, of which GitHub lists no others"


def test_once_it_did_not_answer_nothing_more_is_asked(hub: Forge, root: Path) -> None:
    hub.refusals += [500] * 4
    answers = live(hub)
    for _ in range(2):
        with pytest.raises(InfrastructureError) as caught:
            answers.rows("commits/x/pulls")
        assert caught.value.message == f"{hub.api} did not answer: HTTP 500"
    assert len(hub.requests) == 4


def test_a_refusal_says_what_the_token_needs(hub: Forge) -> None:
    hub.refusals += [403]
    with pytest.raises(InfrastructureError) as caught:
        live(hub).rows("pulls/7/reviews")
    assert caught.value.hint == "does the token have `pull-requests: read`?"


def test_members_of_a_team_are_asked_for_where_the_token_can_see_it(hub: Forge) -> None:
    hub.settings |= {
        "orgs/acme/teams/risk": {"slug": "risk"},
        "orgs/acme/teams/risk/memberships/ana": {"state": "active"},
        "orgs/acme/teams/risk/memberships/bo": {"state": "pending"},
    }
    answers = live(hub)
    assert [member(answers, login, "@acme/risk") for login in ("ana", "bo", "cy")] == [True, False, False]
    assert member(answers, "ana", "@acme/hidden") is None


def test_people_come_before_teams_and_the_policy_may_say_who_is_in_one() -> None:
    members = {"@acme/Risk": ("@Ana",)}
    owners = ("@Bo", "@acme/risk", "@acme/hidden")
    found = standing(Answers(), ["ana", "bo", "cy"], owners, members)
    assert found == {"ana": True, "bo": True, "cy": None}
    assert standing(Answers(), ["cy"], owners[:2], members) == {"cy": False}


def test_without_a_token_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(InfrastructureError) as caught:
        Answers.of().rows("commits/x/pulls")
    assert caught.value.message == (
        "set GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY=owner/name, or give --reviews FILE"
    )


def test_a_recorded_answer_tells_what_it_has(tmp_path: Path) -> None:
    file = recorded(tmp_path, {"pulls/7/reviews": []})
    assert Answers.of(file).rows("pulls/7/reviews") == []
    with pytest.raises(InfrastructureError, match=r"reviews\.json does not tell$"):
        Answers.of(file).rows("pulls/8/reviews")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema_version": 2, "answers": {}}', '{"schema_version": 1, "answers": []}', "[" * 9999]
)
def test_what_is_no_recorded_answer_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "reviews.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        Answers.of(file)
    assert caught.value.message == f"{file} is no recorded answer of GitHub"


def test_a_recorded_answer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Answers.of(tmp_path / "none.json")
    assert caught.value.message == f"there is no {tmp_path / 'none.json'}"


def test_it_is_spelt_in_one_way(tmp_path: Path) -> None:
    text = recorded(tmp_path, {"b": [], "a": None}).read_text()
    assert json.loads(text) == {"schema_version": 1, "answers": {"a": None, "b": []}}
    assert text == recorded(tmp_path, {"a": None, "b": []}).read_text()
