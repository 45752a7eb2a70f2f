"""The events that start a workflow, with the commit GitHub checks out for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REPOSITORY = "shop/models"


@dataclass(frozen=True)
class Event:
    """One event; `trusted` is false for a pull request from a fork: no secrets, a token that only reads."""

    name: str
    action: str
    branch: str
    sha: str
    reference: str
    payload: dict[str, Any]
    trusted: bool = True
    head: str = ""
    actor: str = "ada"
    inputs: dict[str, str] = field(default_factory=dict)

    def github(self) -> dict[str, Any]:
        """Give the part of the `github` context that depends on the event."""
        return {
            "event_name": self.name,
            "event": self.payload,
            "sha": self.sha,
            "ref": self.reference,
            "ref_name": self.reference.removeprefix("refs/heads/").removeprefix("refs/"),
            "base_ref": self.branch if self.name == "pull_request" else "",
            "head_ref": self.head,
            "repository": REPOSITORY,
            "repository_owner": REPOSITORY.split("/", maxsplit=1)[0],
            "actor": self.actor,
            "triggering_actor": self.actor,
            "run_id": "1",
            "run_number": "1",
            "run_attempt": "1",
            "server_url": "https://github.com",
        }

    def run(self, file: str) -> dict[str, Any]:
        """Give what the API tells of a run that this event started: a pull request's is of its head."""
        pull = self.payload.get("pull_request")
        head = pull["head"] if pull else {"sha": self.sha, "ref": self.reference.removeprefix("refs/heads/")}
        return {
            "event": self.name,
            "path": file,
            "head_sha": head["sha"],
            "head_branch": head["ref"],
            "head_repository": {"full_name": head["repo"]["full_name"] if pull else REPOSITORY},
            "conclusion": "success",
        }


def pull_request(
    number: int,
    base: str,
    head: str,
    merge: str,
    *,
    branch: str = "main",
    source: str = "change",
    fork: bool = False,
    author: str = "ada",
) -> Event:
    """Open or update a pull request; GitHub checks out the merge of head into base."""
    repository = f"stranger/{REPOSITORY.split('/')[1]}" if fork else REPOSITORY
    author = "stranger" if fork else author
    payload = {
        "action": "synchronize",
        "number": number,
        "repository": {"full_name": REPOSITORY, "default_branch": branch},
        "pull_request": {
            "number": number,
            "title": "A change",
            "user": {"login": author},
            "labels": [],
            "base": {"ref": branch, "sha": base, "repo": {"full_name": REPOSITORY}},
            "head": {"ref": source, "sha": head, "repo": {"full_name": repository, "fork": fork}},
        },
    }
    reference = f"refs/pull/{number}/merge"
    return Event("pull_request", "synchronize", branch, merge, reference, payload, not fork, source, author)


def merge_group(number: int, base: str, merge: str, *, branch: str = "main") -> Event:
    """Ask for the checks of a merge queue's temporary branch."""
    reference = f"refs/heads/gh-readonly-queue/{branch}/pr-{number}-{base}"
    group = {"base_sha": base, "base_ref": f"refs/heads/{branch}", "head_sha": merge, "head_ref": reference}
    payload = {
        "action": "checks_requested",
        "repository": {"full_name": REPOSITORY, "default_branch": branch},
        "merge_group": group,
    }
    return Event("merge_group", "checks_requested", branch, merge, reference, payload)


def push(before: str, sha: str, *, branch: str = "main") -> Event:
    """Move a branch, as a merge does."""
    payload = {"before": before, "after": sha, "repository": {"full_name": REPOSITORY, "default_branch": branch}}
    return Event("push", "", branch, sha, f"refs/heads/{branch}", payload)


def schedule(sha: str, cron: str, *, branch: str = "main") -> Event:
    """Reach the time of a schedule; GitHub runs what the default branch says."""
    payload = {"schedule": cron, "repository": {"full_name": REPOSITORY, "default_branch": branch}}
    return Event("schedule", "", branch, sha, f"refs/heads/{branch}", payload)


def dispatch(sha: str, *, branch: str = "main", **inputs: str) -> Event:
    """Start a workflow by hand, with what was chosen."""
    payload = {"inputs": inputs, "repository": {"full_name": REPOSITORY, "default_branch": branch}}
    return Event("workflow_dispatch", "", branch, sha, f"refs/heads/{branch}", payload, inputs=inputs)
