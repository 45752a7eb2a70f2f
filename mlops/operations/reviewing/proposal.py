"""A change proposed by the framework: one commit on a branch of its own, and one pull request.

The branch's name is the key: proposing again updates the pull request that is open for it, and the same change again
sends nothing.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.exchange import exchange
from mlops.operations.git import changed_files
from mlops.operations.reviewing.branch import Files, Remote, checked, encoded
from mlops.operations.reviewing.github import Client
from mlops.present.markdown.text import NO_CHECKS

WORKFLOW_ACCOUNT = "github-actions[bot]"
LIMIT = 65_536  # characters of a pull request's body that GitHub takes
_BRANCH = re.compile(r"(?!.*(\.\.|//|@\{|\.lock(/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}(?<![/.])")
_REPOSITORY = re.compile(r"(?:://[^/]+/|^[^/@]+@[^/:]+:)([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)(?:\.git)?/?$")


@dataclass(frozen=True)
class Proposal:
    """A change: the files it writes by path from the root, or deletes where None, and how the pull request reads."""

    branch: str
    title: str
    body: str
    files: Files
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposed:
    """What became of a proposal.

    `done` is `created`, `updated`, `unchanged`, `merged` (the base says so already) or `written` (there was no token:
    the files are in the work tree, and `commands` are what to type). `checks` is False where no check starts by itself.
    """

    done: str
    url: str = ""
    checks: bool = True
    commands: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Say it in lines."""
        if self.done == "written":
            return "\n".join(
                ["no MLOPS_TOKEN or GITHUB_TOKEN: the files are written; propose them with", *self.commands]
            )
        if self.done == "merged":
            return "nothing to propose: the base branch says this already"
        lines = [f"pull request {self.done}: {self.url}"]
        if not self.checks:
            lines.append("its checks do not start by themselves: close it and open it again, or set `ci: {app: ...}`")
        return "\n".join(lines)


def base_of(root: Path, base: str) -> str | None:
    """Name the commit of branch `base` that `submit` would propose a change on; None where it writes the work tree.

    Raises:
        InfrastructureError: the remote does not answer.
    """
    token = _token()
    return _remote(root, token).fetch(base) if token else None


def submit(root: Path, proposal: Proposal, *, base: str) -> Proposed:
    """Propose a change against branch `base`, and say what that did.

    The token comes from MLOPS_TOKEN, else GITHUB_TOKEN; without one the files are written into the work tree.

    Raises:
        ConfigurationError: the proposal names no possible branch or file, or people pushed to its branch.
        InfrastructureError: the remote or the API does not answer, or refuses.
    """
    _possible(proposal)
    token = _token()
    if not token:
        return _written(root, proposal, base)
    remote = _remote(root, token)
    api = _client(remote, token)
    parent = remote.fetch(base)
    if parent is None:
        raise InfrastructureError(f"the remote repository has no branch `{base}`", hint="set `ci: {branch: ...}`")
    pushed = _push(remote, proposal, parent)
    if pushed is None:
        return Proposed("merged")
    return api.patiently(lambda: _open(api, proposal, base, pushed=pushed))


def _token() -> str:
    return os.environ.get("MLOPS_TOKEN") or os.environ.get("GITHUB_TOKEN") or ""


def _remote(root: Path, token: str) -> Remote:
    return Remote(root, token, os.environ.get("GITHUB_SERVER_URL") or "https://github.com")


def _possible(proposal: Proposal) -> None:
    if not _BRANCH.fullmatch(proposal.branch):
        raise ConfigurationError(f"`{proposal.branch}` cannot be the name of a branch")
    for path in proposal.files:
        checked(path)


def _client(remote: Remote, token: str) -> Client:
    found = _REPOSITORY.search(remote.url())
    repository = os.environ.get("GITHUB_REPOSITORY") or (found[1] if found else "")
    return Client(repository, token, os.environ.get("GITHUB_API_URL") or "https://api.github.com")


def _push(remote: Remote, proposal: Proposal, parent: str) -> bool | None:
    """Push the commit; False where the branch holds this change already, None where the base does."""
    seen = remote.fetch(proposal.branch)
    if seen is not None and not remote.ours(seen):
        hint = f"merge or delete the branch `{proposal.branch}`, then run this again"
        raise ConfigurationError(f"the branch `{proposal.branch}` holds commits that others made", hint=hint)
    made = remote.commit(parent, proposal.files, proposal.title)
    if made is None:
        return None
    if seen is not None and remote.says(seen, proposal.files, parent):
        return False
    remote.push(made, proposal.branch, seen)
    return True


def _open(api: Client, proposal: Proposal, base: str, *, pushed: bool) -> Proposed:
    """Find the pull request of the branch before making one: an attempt that seemed to fail may have made it."""
    owner = api.repository.partition("/")[0]
    found = api.call("GET", f"pulls?state=open&head={owner}:{proposal.branch}&base={base}&per_page=100")
    pull = next((item for item in found if item["head"]["ref"] == proposal.branch), None)
    if pull is None:
        wanted = {"title": proposal.title, "head": proposal.branch, "base": base, "body": _body(proposal, noted=False)}
        pull, done = api.call("POST", "pulls", wanted), "created"
    else:
        done = "updated" if pushed else "unchanged"
    plain = (pull.get("user") or {}).get("login") == WORKFLOW_ACCOUNT
    text = {"title": proposal.title, "body": _body(proposal, noted=plain)}
    if any(pull.get(key) != value for key, value in text.items()):
        api.call("PATCH", f"pulls/{int(pull['number'])}", text)
        done = "updated" if done == "unchanged" else done
    _label(api, pull, proposal.labels)
    return Proposed(done, str(pull.get("html_url", "")), checks=not plain)


def _label(api: Client, pull: Mapping[str, Any], labels: tuple[str, ...]) -> None:
    """Add labels; GitHub makes those that the repository does not have yet."""
    missing = sorted(set(labels) - {label["name"] for label in pull.get("labels") or ()})
    if missing:
        api.call("POST", f"issues/{int(pull['number'])}/labels", {"labels": missing})


def _body(proposal: Proposal, *, noted: bool) -> str:
    note = f"\n\n{NO_CHECKS}" if noted else ""
    body = proposal.body.rstrip() + "\n"
    over = len(body) + len(note) - LIMIT
    return (body if over <= 0 else body[: -over - 3] + "\n…\n") + note


def _written(root: Path, proposal: Proposal, base: str) -> Proposed:
    """Write the files into the work tree, where what a person has not committed is not overwritten."""
    for path, text in sorted(proposal.files.items()):
        place = root / path
        now = place.read_bytes() if place.is_file() else None
        if now != encoded(text) and changed_files(root, "HEAD", path):
            raise ConfigurationError(f"{path} has changes that are not committed", hint=f"git diff -- {path}")
    exchange(root, {path: encoded(text) for path, text in proposal.files.items()})
    names = " ".join(shlex.quote(path) for path in sorted(proposal.files))
    title = shlex.quote(proposal.title)
    commands = (
        f"git switch -c {proposal.branch}",
        f"git add -A -- {names}",
        f"git commit -m {title}",
        f"git push -u origin {proposal.branch}",
        f"gh pr create --base {base} --title {title} --fill",
    )
    return Proposed("written", commands=commands)
