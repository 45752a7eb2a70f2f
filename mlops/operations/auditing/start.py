"""Where a change began: the commit of the main line that its entries come after."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mlops.errors import ConfigurationError
from mlops.operations.git import commit_of, git


def start_of(root: Path, branch: str) -> tuple[str | None, tuple[str, ...]]:
    """Name the commit of branch `branch` that what is checked out grew from, and the commits that branch is at.

    On the branch itself that is its newest commit. None where there is no commit, or no such branch: then nothing was
    entered before, or what is checked out is the main line.
    """
    head = _commit(root, "HEAD")
    tips = [
        found for name in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}") if (found := _commit(root, name))
    ]
    on = git(root, "symbolic-ref", "--quiet", "HEAD").stdout.decode(errors="replace").strip()
    if head is None or on == f"refs/heads/{branch}" or not tips:
        return head, tuple(tips)
    heads = [head, *([merged] if (merged := _commit(root, "MERGE_HEAD")) else [])]
    starts = [found for one in heads for tip in tips if (found := merge_base(root, one, tip))]
    newest = starts[0] if starts else head
    for other in starts[1:]:
        if merge_base(root, newest, other) == newest:
            newest = other
    return newest, tuple(tips)


def merge_base(root: Path, one: str, other: str) -> str | None:
    """Name the commit that two grew from; None where there is none, or it was not fetched."""
    done = git(root, "merge-base", one, other)
    return None if done.returncode else done.stdout.decode().strip() or None


def merged_once(root: Path, commit: str, paths: Iterable[str]) -> frozenset[str]:
    """Name those of some files, or of the files of some folders, that the main line up to a commit ever had."""
    wanted = (
        "log",
        "-z",
        "--first-parent",
        "-m",
        "--no-renames",
        "--diff-filter=A",
        "--name-only",
        "--format=",
        commit,
    )
    done = git(root, *wanted, "--", *paths)
    return frozenset(path for path in done.stdout.decode(errors="surrogateescape").split("\0") if path)


def _commit(root: Path, reference: str) -> str | None:
    try:
        return commit_of(root, reference)
    except ConfigurationError:
        return None
