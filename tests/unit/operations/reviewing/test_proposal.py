"""Proposing is one commit and one pull request, however often; the user's work tree is not touched."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.reviewing.branch import Remote
from mlops.operations.reviewing.proposal import LIMIT, Proposal, submit
from tests.builders.repositories import commit, git
from tests.runner.api import Api

pytestmark = pytest.mark.slow

FILE = "conf/release/prod/tiny.yaml"
PROPOSAL = Proposal("mlops/release-tiny", "Release tiny", "Why.\n", {FILE: "bundle: a\n"}, ("release",))
VARIABLES = ("GITHUB_SERVER_URL", "GITHUB_TOKEN", "MLOPS_TOKEN", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    scopes = {"pull-requests": "write", "contents": "write"}
    with Api(tokens={"app": scopes, "plain": scopes}, accounts={"app": "mlops-app[bot]"}) as api:
        monkeypatch.setenv("GITHUB_API_URL", api.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "shop/models")
        monkeypatch.setenv("MLOPS_TOKEN", "app")
        yield api


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    return tmp_path / "origin.git"


@pytest.fixture
def root(tmp_path: Path, origin: Path) -> Path:
    work = tmp_path / "work"
    (work / "conf").mkdir(parents=True)
    (work / "conf/old.yaml").write_text("a: 1\n")
    commit(work, "start")
    git(work, "branch", "-M", "main")
    git(work, "clone", "-q", "--bare", str(work), str(origin))
    git(work, "remote", "add", "origin", str(origin))
    return work


def test_a_proposal_is_one_commit_and_one_labelled_pull_request(api: Api, root: Path, origin: Path) -> None:
    (root / "conf/old.yaml").write_text("a: 2\n")
    (root / "new.txt").write_text("mine")
    git(root, "add", "new.txt")
    before = (
        git(root, "status", "--porcelain"),
        git(root, "branch", "--show-current"),
        (root / ".git/config").read_text(),
    )
    made = submit(root, replace(PROPOSAL, files={FILE: "bundle: a\n", "conf/old.yaml": None}), base="main")
    assert made.url == "https://github.com/shop/models/pull/1"
    assert git(origin, "diff", "--name-status", "main", PROPOSAL.branch).split() == ["D", "conf/old.yaml", "A", FILE]
    assert git(origin, "rev-list", "--count", f"main..{PROPOSAL.branch}").strip() == "1"
    assert git(origin, "show", f"{PROPOSAL.branch}:{FILE}") == "bundle: a\n"
    (pull,) = api.pulls
    assert (pull["title"], pull["body"], pull["labels"]) == ("Release tiny", "Why.\n", [{"name": "release"}])
    after = (
        git(root, "status", "--porcelain"),
        git(root, "branch", "--show-current"),
        (root / ".git/config").read_text(),
    )
    assert after == before


def test_the_same_again_sends_nothing(api: Api, root: Path, origin: Path) -> None:
    first = submit(root, PROPOSAL, base="main")
    head, calls = git(origin, "rev-parse", PROPOSAL.branch), len(api.calls)
    again = submit(root, PROPOSAL, base="main")
    assert (first.done, again.done, again.url) == ("created", "unchanged", first.url)
    assert git(origin, "rev-parse", PROPOSAL.branch) == head
    assert {method for method, _ in api.calls[calls:]} == {"GET"}


def test_another_text_updates_the_same_pull_request(api: Api, root: Path, origin: Path) -> None:
    submit(root, PROPOSAL, base="main")
    made = submit(root, replace(PROPOSAL, title="Release tiny b", files={FILE: "bundle: b\n"}), base="main")
    assert (made.done, len(api.pulls), api.pulls[0]["title"]) == ("updated", 1, "Release tiny b")
    assert git(origin, "show", f"{PROPOSAL.branch}:{FILE}") == "bundle: b\n"
    assert git(origin, "rev-list", "--count", f"main..{PROPOSAL.branch}").strip() == "1"


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_a_branch_that_was_merged_is_begun_anew(api: Api, root: Path, origin: Path, how: str) -> None:
    submit(root, PROPOSAL, base="main")
    git(root, "fetch", "-q", "origin")
    git(root, "merge", "-q", f"--{'no-ff' if how == 'merge' else 'squash'}", f"origin/{PROPOSAL.branch}")
    commit(root, "merged")
    api.pulls[0]["state"] = "closed"
    git(root, "push", "-q", "origin", "main")
    assert submit(root, PROPOSAL, base="main").done == "merged"
    git(root, "rm", "-q", FILE)
    commit(root, "gone again")
    git(root, "push", "-q", "origin", "main")
    assert submit(root, PROPOSAL, base="main").done == "created"
    assert git(origin, "merge-tree", "--write-tree", "main", PROPOSAL.branch)
    assert git(origin, "diff", "--name-only", f"main...{PROPOSAL.branch}").strip() == FILE


def test_commits_that_people_pushed_to_the_branch_are_not_overwritten(api: Api, root: Path, origin: Path) -> None:
    submit(root, PROPOSAL, base="main")
    git(root, "fetch", "-q", "origin")
    git(root, "switch", "-q", "-c", "theirs", f"origin/{PROPOSAL.branch}")
    commit(root, "my fix")
    git(root, "push", "-q", "origin", f"HEAD:{PROPOSAL.branch}")
    with pytest.raises(ConfigurationError) as caught:
        submit(root, replace(PROPOSAL, files={FILE: "bundle: b\n"}), base="main")
    assert str(caught.value) == "the branch `mlops/release-tiny` holds commits that others made"
    assert git(origin, "log", "-1", "--format=%s", PROPOSAL.branch).strip() == "my fix"


def test_a_commit_pushed_meanwhile_is_not_overwritten(api: Api, root: Path, origin: Path) -> None:
    remote = Remote(root)
    parent = remote.fetch("main")
    assert parent is not None
    submit(root, PROPOSAL, base="main")
    made = remote.commit(parent, {FILE: "bundle: c\n"}, "late")
    assert made is not None
    with pytest.raises(InfrastructureError):
        remote.push(made, PROPOSAL.branch, None)
    assert git(origin, "show", f"{PROPOSAL.branch}:{FILE}") == "bundle: a\n"


def test_the_workflows_own_token_is_found_out_and_said(api: Api, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOPS_TOKEN")
    monkeypatch.setenv("GITHUB_TOKEN", "plain")
    made = submit(root, PROPOSAL, base="main")
    assert made.checks is False
    assert made.text.splitlines()[1] == (
        "its checks do not start by themselves: close it and open it again, or set `ci: {app: ...}`"
    )
    assert "GitHub starts no checks for it" in api.pulls[0]["body"]
    assert submit(root, PROPOSAL, base="main").done == "unchanged"


def test_a_body_is_never_longer_than_github_takes(api: Api, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_TOKEN", "plain")
    submit(root, replace(PROPOSAL, body="x" * 80_000), base="main")
    assert len(api.pulls[0]["body"]) == LIMIT
    assert api.pulls[0]["body"].endswith("`conf/project.yaml`.\n")


def test_without_a_token_the_files_are_written_and_the_commands_said(
    api: Api, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLOPS_TOKEN")
    made = submit(root, PROPOSAL, base="main")
    assert made.text == (
        "no MLOPS_TOKEN or GITHUB_TOKEN: the files are written; propose them with\n"
        "git switch -c mlops/release-tiny\n"
        "git add -A -- conf/release/prod/tiny.yaml\n"
        "git commit -m 'Release tiny'\n"
        "git push -u origin mlops/release-tiny\n"
        "gh pr create --base main --title 'Release tiny' --fill"
    )
    assert (root / FILE).read_text() == "bundle: a\n"
    (root / FILE).write_text("bundle: mine\n")
    with pytest.raises(ConfigurationError) as caught:
        submit(root, PROPOSAL, base="main")
    assert str(caught.value) == f"{FILE} has changes that are not committed"
    assert api.calls == []


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".git/config", "a//b", "a/./b", ""])
def test_a_file_outside_of_the_repository_is_refused(api: Api, root: Path, path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        submit(root, replace(PROPOSAL, files={path: "x"}), base="main")
    assert str(caught.value) == f"`{path}` is no file of this repository"


@pytest.mark.parametrize("branch", ["-x", "a..b", "a b", "a.lock", "a/", "", "a//b"])
def test_a_branch_that_git_would_not_take_is_refused(api: Api, root: Path, branch: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        submit(root, replace(PROPOSAL, branch=branch), base="main")
    assert str(caught.value) == f"`{branch}` cannot be the name of a branch"


def test_the_token_travels_in_one_header_to_its_own_server_only(root: Path) -> None:
    seen: list[list[str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get_all("Authorization") or [])
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        git(root, "remote", "set-url", "origin", f"{address}/shop/models.git")
        git(root, "config", f"http.{address}/.extraheader", "AUTHORIZATION: basic left-by-checkout")
        for home in (address, "https://github.com"):
            with pytest.raises(InfrastructureError) as caught:
                Remote(root, "secret", home).fetch("main")
            assert "secret" not in str(caught.value)
        server.shutdown()
    secret = base64.b64encode(b"x-access-token:secret").decode()
    assert seen == [[f"basic {secret}"], ["basic left-by-checkout"]]
