"""The stand-in for GitHub's API answers as GitHub does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders.waiting import CEILING
from tests.runner.actions import ActionFailed, Place, perform
from tests.runner.api import LONGEST, Api
from tests.runner.event import push

pytestmark = pytest.mark.slow

Call = Callable[..., tuple[int, Any, dict[str, str]]]
DIGEST = f"sha256:{'d' * 64}"
COMMENTS = "/repos/shop/models/issues/7/comments"


@pytest.fixture
def api() -> Iterator[Api]:
    with Api(tokens={"writer": {"pull-requests": "write"}, "reader": {"pull-requests": "read"}, "none": {}}) as api:
        yield api


@pytest.fixture
def call(api: Api) -> Call:
    def call(method: str, path: str, body: Any = None, token: str = "writer") -> tuple[int, Any, dict[str, str]]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.request(method, api.url + path, json=body, headers=headers, trust_env=False, timeout=CEILING)
        return answer.status_code, answer.json(), dict(answer.headers)

    return call


def test_a_comment_is_made_listed_and_updated(api: Api, call: Call) -> None:
    status, made, _ = call("POST", COMMENTS, {"body": "first"})
    assert (status, made["user"]) == (201, {"login": "github-actions[bot]", "type": "Bot"})
    status, updated, _ = call("PATCH", f"/repos/shop/models/issues/comments/{made['id']}", {"body": "second"})
    assert (status, updated["body"]) == (200, "second")
    _, listed, _ = call("GET", COMMENTS)
    assert [(comment["id"], comment["body"]) for comment in listed] == [(made["id"], "second")]
    assert [method for method, _ in api.calls] == ["POST", "PATCH", "GET"]


def test_long_lists_come_in_pages_with_a_link_to_the_next(api: Api, call: Call) -> None:
    for number in range(130):
        api.seed(7, f"comment {number}")
    api.seed(8, "of another pull request")
    _, first, headers = call("GET", f"{COMMENTS}?per_page=100")
    assert (len(first), headers["link"]) == (100, f'<{api.url}{COMMENTS}?per_page=100&page=2>; rel="next"')
    _, second, headers = call("GET", f"{COMMENTS}?per_page=100&page=2")
    assert (len(second), "link" in headers) == (30, False)


@pytest.mark.parametrize(
    ("method", "path", "body", "token", "status"),
    [
        ("POST", COMMENTS, {"body": "x"}, "reader", 403),
        ("POST", COMMENTS, {"body": "x"}, "none", 403),
        ("GET", COMMENTS, None, "none", 403),
        ("GET", COMMENTS, None, "stranger", 401),
        ("POST", COMMENTS, {"body": "x" * (LONGEST + 1)}, "writer", 422),
        ("POST", COMMENTS, {"text": "x"}, "writer", 422),
        ("PATCH", "/repos/shop/models/issues/comments/1", {"body": "x"}, "writer", 404),
        ("DELETE", COMMENTS, None, "writer", 404),
        ("GET", "/user", None, "writer", 404),
    ],
)
def test_what_github_would_refuse_is_refused(
    call: Call, method: str, path: str, body: Any, token: str, status: int
) -> None:
    assert call(method, path, body, token)[0] == status


def test_a_pull_request_is_opened_once_for_a_branch_found_changed_and_labelled(api: Api, call: Call) -> None:
    pulls = "/repos/shop/models/pulls"
    wanted = {"title": "one", "head": "change", "base": "main", "body": "why"}
    status, made, _ = call("POST", pulls, wanted)
    assert (status, made["number"], made["user"]["login"]) == (201, 1, "github-actions[bot]")
    assert call("POST", pulls, wanted)[0] == 422
    assert [pull["number"] for pull in call("GET", f"{pulls}?state=open&head=shop:change&base=main")[1]] == [1]
    assert call("GET", f"{pulls}?state=open&head=shop:other")[1] == []
    assert call("PATCH", f"{pulls}/1", {"title": "two"})[1]["title"] == "two"
    assert call("POST", "/repos/shop/models/issues/1/labels", {"labels": ["release"]})[1] == [{"name": "release"}]
    assert call("POST", pulls, {**wanted, "head": "other"}, token="reader")[0] == 403


@pytest.mark.parametrize(
    ("name", "subject", "scopes", "why"),
    [
        ("ghcr.io/a/b", DIGEST, {"attestations": "write", "id-token": "write"}, ""),
        ("host:5000/a", DIGEST, {"attestations": "write", "id-token": "write"}, ""),
        ("ghcr.io/a/b:x", DIGEST, {"attestations": "write", "id-token": "write"}, "without a tag"),
        ("ghcr.io/a/b", "", {"attestations": "write", "id-token": "write"}, "must be sha256:HEX"),
        ("ghcr.io/a/b", DIGEST, {"id-token": "write"}, "not accessible by integration: attestations"),
        ("ghcr.io/a/b", DIGEST, {"attestations": "read", "contents": "write"}, "attestations, id-token"),
    ],
)
def test_only_a_token_that_may_attests_to_an_image_and_only_by_its_digest(
    name: str, subject: str, scopes: dict[str, str], why: str, tmp_path: Path
) -> None:
    api = Api(tokens={"t": scopes})
    place = Place(*[tmp_path] * 5, push("a" * 40, "b" * 40), "t", api)
    uses, inputs = f"actions/attest-build-provenance@{'0' * 40}", {"subject-name": name, "subject-digest": subject}
    if why:
        with pytest.raises(ActionFailed, match=why):
            perform(uses, inputs, place)
    else:
        perform(uses, inputs, place)
    assert api.attested == ([] if why else [f"{name}@{subject}"])
