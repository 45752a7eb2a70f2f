"""What GitHub tells of a commit's pull request and its reviews: asked now, or recorded before.

A recorded answer is a JSON file, `{"schema_version": 1, "answers": {PATH: ANSWER}}`, of the paths of GitHub's API below
a repository (`commits/…/pulls`, `pulls/7/reviews`, `pulls/7/commits`), each list whole, and of teams (`/orgs/…`).
`mlops history NAME --record-reviews FILE` writes it.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.atomic import write_text
from mlops.files.canonical import dumps
from mlops.operations.git import file_at, has_commit
from mlops.operations.reviewing.approvals import Pull, Review
from mlops.operations.reviewing.github import Client, NoAnswer

Read = TypeVar("Read", bound=BaseModel)
NEEDS = "pull-requests: read"
_LARGEST = 32 * 2**20  # bytes of a recorded answer
_COMMITS = 250
"""How many commits of a pull request GitHub lists at most.

https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request"""
_OTHERWISE = "GitHub answered in a way that is not understood here"


class _Answer(BaseModel, extra="ignore", frozen=True):
    pass


class _User(_Answer):
    login: str


class _Repository(_Answer):
    full_name: str


class _Branch(_Answer):
    ref: str
    sha: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    repo: _Repository | None = None


class _Pull(_Answer):
    number: Annotated[int, Field(gt=0)]
    merged_at: str | None = None
    user: _User | None = None
    head: _Branch
    base: _Branch


class _Review(_Answer):
    user: _User | None = None
    state: str
    commit_id: str | None = None


class _Commit(_Answer):
    author: _User | None = None
    committer: _User | None = None


class _Membership(_Answer):
    state: str


class _Content(_Answer):
    encoding: Literal["base64"]
    content: str


class _Recorded(BaseModel, extra="forbid", frozen=True):
    schema_version: Literal[1]
    answers: dict[str, Any]


@dataclass
class Answers:
    """What GitHub answers, by path; nothing is asked twice, and nothing more once it did not answer.

    Without a `client` only what is `known` can be told; `why` says what to do about the rest.
    """

    client: Client | None = None
    known: dict[str, Any] = field(default_factory=dict)
    why: str = "nothing was asked"

    @classmethod
    def of(cls, reviews: Path | None = None) -> Answers:
        """Take a recorded answer, else GitHub as the environment names it, else nothing.

        Raises:
            ConfigurationError: the file is no recorded answer; the environment names no repository.
        """
        if reviews is not None:
            return cls(known=_recorded(reviews), why=f"{reviews} does not tell")
        token, repository = os.environ.get("GITHUB_TOKEN", ""), os.environ.get("GITHUB_REPOSITORY", "")
        if not token or not repository:
            return cls(why=f"set GITHUB_TOKEN (`{NEEDS}`) and GITHUB_REPOSITORY=owner/name, or give --reviews FILE")
        return cls(Client(repository, token, os.environ.get("GITHUB_API_URL") or "https://api.github.com"))

    def write(self, file: Path) -> None:
        """Record what was told, for `--reviews`."""
        write_text(file, dumps({"schema_version": 1, "answers": self.known}))

    def rows(self, path: str) -> list[Any]:
        """List what a path of the repository holds.

        Raises:
            InfrastructureError: nobody can be asked, or GitHub does not answer, refuses, or tells something else.
        """
        rows = self._told(path, lambda client: list(client.rows(path, needs=NEEDS)))
        if not isinstance(rows, list):
            raise InfrastructureError(_OTHERWISE)
        return rows

    def look(self, path: str) -> Any:
        """Read a path of the whole API; None where it is not there, or not for this token.

        Raises:
            InfrastructureError: nobody can be asked, or GitHub does not answer.
        """
        return self._told(f"/{path}", lambda client: client.look(path)[1])

    def at(self, path: str, commit: str) -> bytes | None:
        """Read a file of the repository as it is at a commit; None where that is not told."""
        below = f"contents/{quote(path)}?ref={commit}"
        whole = "" if self.client is None else f"repos/{self.client.repository}/{below}"
        told = self._told(below, lambda client: client.look(whole)[1])
        if told is None:
            return None
        try:
            return base64.b64decode(_Content.model_validate(told).content)
        except ValueError as error:
            raise InfrastructureError(_OTHERWISE) from error

    def _told(self, path: str, ask: Callable[[Client], Any]) -> Any:
        if path not in self.known:
            if self.client is None:
                raise InfrastructureError(self.why)
            try:
                self.known[path] = ask(self.client)
            except NoAnswer as error:
                self.client, self.why = None, error.message
                raise
        return self.known[path]


def pulls_of(
    answers: Answers, root: Path, commit: str, branch: str, file: str, says: Callable[[bytes | None], bool]
) -> tuple[Pull, ...]:
    """List the pull requests that a commit of the main branch came with, with all that was said of them.

    Whether the head of each has a `file` that `says` what is to be approved is read from Git, else asked.

    Raises:
        InfrastructureError: it cannot be told, and why.
    """
    found = [pull for pull in _parsed(_Pull, answers.rows(f"commits/{commit}/pulls")) if pull.merged_at]
    here = [pull for pull in found if pull.base.ref == branch]
    return tuple(_pull(answers, root, pull, file, says) for pull in here)


def _pull(answers: Answers, root: Path, pull: _Pull, file: str, says: Callable[[bytes | None], bool]) -> Pull:
    reviews = _parsed(_Review, answers.rows(f"pulls/{pull.number}/reviews"))
    commits = _parsed(_Commit, answers.rows(f"pulls/{pull.number}/commits"))
    if len(commits) >= _COMMITS:
        raise InfrastructureError(f"#{pull.number} has {_COMMITS} commits or more, of which GitHub lists no others")
    writers = {user.login for each in commits for user in (each.author, each.committer) if user is not None}
    return Pull(
        pull.number,
        _login(pull.user),
        pull.head.sha,
        tuple(Review(_login(review.user), review.state, review.commit_id or "") for review in reviews),
        frozenset(writers),
        _says_it(answers, root, pull.head.sha, file, says),
    )


def _login(user: _User | None) -> str:
    return "" if user is None else user.login


def _says_it(answers: Answers, root: Path, head: str, file: str, says: Callable[[bytes | None], bool]) -> bool | None:
    """Tell what a head says; one that was squashed is not here, and is asked for. None where nobody tells.

    GitHub answers alike where a file is not there and where this token may not see it: that a file is gone is believed
    of a head that is here.
    """
    if has_commit(root, head):
        return says(file_at(root, head, file))
    data = answers.at(file, head)
    return None if data is None else says(data)


def member(answers: Answers, login: str, team: str) -> bool | None:
    """Tell whether somebody is in a team (`@organisation/name`); None where this token cannot see the team.

    Raises:
        InfrastructureError: nobody can be asked, or GitHub does not answer.
    """
    organisation, _, name = team.lstrip("@").partition("/")
    path = f"orgs/{organisation}/teams/{name}"
    told = answers.look(f"{path}/memberships/{quote(login, safe='')}")
    if told is not None:
        return _parsed(_Membership, [told])[0].state == "active"
    return None if answers.look(path) is None else False


def standing(
    answers: Answers, logins: Sequence[str], owners: Sequence[str], members: dict[str, tuple[str, ...]]
) -> dict[str, bool | None]:
    """Say of logins whether they are among owners, people (`@login`) or teams; None where nobody can tell.

    `members` says who is in a team; of a team that is not in it GitHub is asked.

    Raises:
        InfrastructureError: GitHub does not answer.
    """
    return {login: _standing(answers, login, owners, members) for login in logins}


def _standing(answers: Answers, login: str, owners: Sequence[str], members: dict[str, tuple[str, ...]]) -> bool | None:
    found = set(_each(answers, login, owners, members))
    return True if True in found else None if None in found else False


def _each(
    answers: Answers, login: str, owners: Sequence[str], members: dict[str, tuple[str, ...]]
) -> Iterator[bool | None]:
    """Go through people before teams, so that no team is asked about without need."""
    listed = {team.casefold(): people for team, people in members.items()}
    wanted = f"@{login}".casefold()
    if wanted in (owner.casefold() for owner in owners):
        yield True
        return
    for owner in owners:
        if (people := listed.get(owner.casefold())) is not None:
            yield wanted in (person.casefold() for person in people)
        elif "/" in owner:
            yield _member(answers, login, owner)


def _member(answers: Answers, login: str, team: str) -> bool | None:
    """Tell it where it can be told; a record that was made elsewhere need not say."""
    try:
        return member(answers, login, team)
    except InfrastructureError:
        return None


def _parsed(kind: type[Read], listed: Any) -> list[Read]:
    try:
        return TypeAdapter(list[kind]).validate_python(listed)  # type: ignore[valid-type]
    except ValidationError as error:
        raise InfrastructureError(_OTHERWISE) from error


def _recorded(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigurationError(f"{file} has more than {_LARGEST:,} bytes")
        return _Recorded.model_validate(json.loads(file.read_bytes())).answers
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no {file}", hint="mlops history NAME --record-reviews FILE") from error
    except (ValueError, RecursionError) as error:
        hint = "mlops history NAME --record-reviews FILE writes one"
        raise ConfigurationError(f"{file} is no recorded answer of GitHub", hint=hint) from error
