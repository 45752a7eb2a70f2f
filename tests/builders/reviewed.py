"""What GitHub answers of merged pull requests and their reviews, as a recorded answer has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops.operations.reviewing.reviews import Answers

HEAD = "e" * 40


def user(login: str | None) -> dict[str, str] | None:
    return None if login is None else {"login": login}


def review(login: str | None, state: str = "APPROVED", commit: str = HEAD) -> dict[str, Any]:
    return {"user": user(login), "state": state, "commit_id": commit, "author_association": "MEMBER"}


def told(
    commit: str,
    *reviews: dict[str, Any],
    head: str = HEAD,
    number: int = 7,
    author: str = "release-bot",
    writers: tuple[str, ...] = ("release-bot",),
    base: str = "main",
    merged: str | None = "2026-11-20T10:00:00Z",
) -> dict[str, Any]:
    """Answer for a commit that came with one pull request; `head` is what was merged."""
    pull = {
        "number": number,
        "merged_at": merged,
        "user": user(author),
        "head": {"ref": "change", "sha": head, "repo": {"full_name": "shop/models"}},
        "base": {"ref": base, "sha": "0" * 40, "repo": {"full_name": "shop/models"}},
    }
    return {
        f"commits/{commit}/pulls": [pull],
        f"pulls/{number}/reviews": list(reviews),
        f"pulls/{number}/commits": [{"author": user(login), "committer": user("web-flow")} for login in writers],
    }


def recorded(folder: Path, *answers: dict[str, Any]) -> Path:
    """Write the file that `--reviews` takes."""
    known: dict[str, Any] = {}
    for answer in answers:
        known |= answer
    file = folder / "reviews.json"
    Answers(known=known).write(file)
    return file
