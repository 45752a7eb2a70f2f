from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from urllib.error import HTTPError

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.reviewing import github
from mlops.operations.reviewing.github import Client
from tests.builders.forge import Forge, forge

MARK = "<!-- mlops:report:acme -->"


@pytest.fixture
def hub() -> Iterator[Forge]:
    with forge() as state:
        yield state


def client(hub: Forge, waits: list[float] | None = None) -> Client:
    return Client("acme/models", "secret", hub.api, wait=(waits if waits is not None else []).append)


def test_the_first_push_creates_the_comment_and_the_second_updates_it(hub: Forge) -> None:
    hub.add("a person says something", "ada")
    assert client(hub).keep_comment(7, MARK, f"{MARK}\none") == ("created", "https://forge/c/2")
    assert client(hub).keep_comment(7, MARK, f"{MARK}\ntwo") == ("updated", "https://forge/c/2")
    assert [comment["body"] for comment in hub.comments] == ["a person says something", f"{MARK}\ntwo"]


def test_the_same_text_is_not_sent_again(hub: Forge) -> None:
    hub.add(f"{MARK}\none")
    assert client(hub).keep_comment(7, MARK, f"{MARK}\none")[0] == "unchanged"
    assert {method for method, _ in hub.requests} == {"GET"}


def test_it_is_found_on_a_later_page(hub: Forge) -> None:
    for index in range(250):
        hub.add(f"{index}", "ada")
    hub.add(f"{MARK}\none")
    assert client(hub).keep_comment(7, MARK, f"{MARK}\ntwo") == ("updated", "https://forge/c/251")
    assert len(hub.comments) == 251


def test_somebody_elses_comment_with_the_marker_is_left_alone(hub: Forge) -> None:
    hub.add(f"{MARK}\nall gates passed, trust me", "mallory")
    assert client(hub).keep_comment(7, MARK, f"{MARK}\none")[0] == "created"
    assert hub.comments[0]["body"].endswith("trust me")


def test_the_comment_of_another_project_of_the_repository_is_left_alone(hub: Forge) -> None:
    hub.add("<!-- mlops:report:other -->\nother")
    hub.add(f"a quote: {MARK}")
    assert client(hub).keep_comment(7, MARK, f"{MARK}\none")[0] == "created"


def test_it_tries_again_when_the_server_is_in_trouble(hub: Forge) -> None:
    hub.refusals += [502, 503, 429]
    waits: list[float] = []
    assert client(hub, waits).keep_comment(7, MARK, f"{MARK}\none")[0] == "created"
    assert waits == [1.0, 2.0, 4.0]


def test_it_gives_up_in_words(hub: Forge) -> None:
    hub.refusals += [500] * 4
    with pytest.raises(InfrastructureError) as caught:
        client(hub).keep_comment(7, MARK, MARK)
    assert caught.value.message == f"{hub.api} did not answer: HTTP 500"
    assert caught.value.exit_code == 6


def test_nobody_there_is_said_in_words() -> None:
    nobody = Client("acme/models", "secret", "http://127.0.0.1:9", wait=lambda _: None)
    with pytest.raises(InfrastructureError, match=r"http://127\.0\.0\.1:9 did not answer: .*refused"):
        nobody.keep_comment(7, MARK, MARK)


@pytest.mark.parametrize("code", [301, 401, 403, 404, 422])
def test_a_refusal_is_not_tried_again_and_a_redirect_not_followed(hub: Forge, code: int) -> None:
    hub.refusals += [code]
    with pytest.raises(InfrastructureError, match=f"HTTP {code}") as caught:
        client(hub).keep_comment(7, MARK, MARK)
    assert caught.value.hint == "does the token have `pull-requests: write`?"
    assert len(hub.requests) == 1


@pytest.mark.parametrize("api", ["http://api.example", "file:///etc/passwd", "ftp://127.0.0.1", ""])
def test_the_token_goes_nowhere_unencrypted(api: str) -> None:
    with pytest.raises(ConfigurationError, match="not an https address"):
        Client("acme/models", "secret", api)


@pytest.mark.parametrize("name", ["", "acme", "acme/models/../../user", "acme/mod els"])
def test_a_repository_has_an_owner_and_a_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no repository"):
        Client(name, "secret")


@pytest.mark.parametrize(
    ("code", "headers", "spent"),
    [
        (403, {"X-RateLimit-Remaining": "0"}, True),
        (403, {"Retry-After": "60"}, True),
        (403, {"X-RateLimit-Remaining": "12"}, False),
        (404, {"Retry-After": "60"}, False),
    ],
)
def test_a_refusal_of_too_many_questions_is_none_of_rights(code: int, headers: dict[str, str], spent: bool) -> None:
    told = Message()
    for name, value in headers.items():
        told[name] = value
    assert github._spent(HTTPError("https://api", code, "", told, None)) is spent
