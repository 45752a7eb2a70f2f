"""What Git knows of the repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from mlops.errors import ConfigurationError, InfrastructureError

_REFUSED = b"safe.directory"  # what Git says to set, in whatever language it says the rest


def commit_of(root: Path, reference: str) -> str:
    """Name the commit that a reference points to.

    Raises:
        ConfigurationError: there is no such commit.
    """
    done = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if done.returncode:
        shallow = git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        hint = "git fetch --unshallow" if shallow else "fetch it, or name a branch or a commit"
        raise ConfigurationError(f"`{reference}` is no commit of this repository", hint=hint)
    return done.stdout.decode().strip()


def has_commit(root: Path, commit: str) -> bool:
    """Whether a commit is here; it may not have been fetched."""
    try:
        return bool(commit_of(root, commit))
    except ConfigurationError:
        return False


def parent_of(root: Path, commit: str) -> str | None:
    """Name the commit of the main line before another; None where there is none, or it was not fetched."""
    try:
        return commit_of(root, f"{commit}^1")
    except ConfigurationError:
        return None


def file_at(root: Path, commit: str, path: str) -> bytes | None:
    """Read a file as it was at a commit; None where it was not there."""
    done = git(root, "cat-file", "blob", f"{commit}:{path}")
    return None if done.returncode else done.stdout


def files_at(root: Path, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Read several files as they were at a commit, in one process; what was not there is left out."""
    wanted = [path for path in paths if "\n" not in path]
    request = "".join(f"{commit}:{path}\n" for path in wanted).encode(errors="surrogateescape")
    answer = git(root, "cat-file", "--batch", given=request).stdout
    found: dict[str, bytes] = {}
    at = 0
    for path in wanted:
        end = answer.find(b"\n", at)
        if end < 0:
            break
        parts, at = answer[at:end].split(b" "), end + 1
        if len(parts) == 3 and parts[2].isdigit():
            size = int(parts[2])
            if parts[1] == b"blob":
                found[path] = answer[at : at + size]
            at += size + 1
    return found


def names_at(root: Path, commit: str, folder: str) -> tuple[str, ...]:
    """List the files of a folder as they were at a commit, relative to the repository; none where it was not there."""
    done = git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", folder)
    names = done.stdout.decode(errors="surrogateescape").split("\0")
    return tuple(name for name in names if name)


def changed_files(root: Path, commit: str, folder: str) -> frozenset[str]:
    """List files of a folder that differ between a commit and the working tree, relative to the repository.

    Raises:
        InfrastructureError: Git cannot tell; silence would pass for "nothing changed".
    """
    tracked = git(root, "diff", "--name-only", "-z", "--no-renames", commit, "--", folder)
    added = git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", folder)
    if tracked.returncode or added.returncode:
        raise InfrastructureError(
            f"git cannot compare {commit[:8]} with the working tree", hint="git fetch --unshallow"
        )
    names = (tracked.stdout + added.stdout).decode(errors="surrogateescape").split("\0")
    return frozenset(name for name in names if name)


def changed_between(root: Path, old: str, new: str, paths: Iterable[str]) -> frozenset[str]:
    """List which of some files and folders differ between two commits.

    Raises:
        InfrastructureError: Git cannot tell, as where a commit was not fetched.
    """
    done = git(root, "diff", "--name-only", "-z", "--no-renames", old, new, "--", *paths)
    if done.returncode:
        raise InfrastructureError(f"git cannot compare {old[:8]} with {new[:8]}", hint="git fetch --unshallow")
    return frozenset(name for name in done.stdout.decode(errors="surrogateescape").split("\0") if name)


@contextmanager
def tree_at(root: Path, commit: str) -> Iterator[Path]:
    """Give a folder with the files of a commit while a block lasts.

    Raises:
        InfrastructureError: Git cannot write them.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-tree-") as scratch:
        index, tree = Path(scratch, "index"), Path(scratch, "tree")
        tree.mkdir()
        for words in (("read-tree", commit), ("checkout-index", "--all", "--quiet", f"--prefix={tree}/")):
            done = git(root, "-c", "core.autocrlf=false", *words, index=index)  # the bytes that Git has
            if done.returncode:
                said = done.stderr.decode(errors="replace").strip()
                raise InfrastructureError(f"git {words[0]} of {commit[:8]} failed: {said[:200]}")
        yield tree


def git(
    root: Path, *arguments: str, given: bytes | None = None, index: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run Git where nothing is written but an `index` of the caller's; how it ended is the caller's to judge.

    Raises:
        InfrastructureError: it is not installed, or it refuses a folder that belongs to somebody else.
    """
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=root,
            env=None if index is None else {**os.environ, "GIT_INDEX_FILE": str(index), "GIT_LFS_SKIP_SMUDGE": "1"},
            capture_output=True,
            check=False,
            input=given,
        )
    except FileNotFoundError as error:
        raise InfrastructureError("git is not installed", hint="install git") from error
    if done.returncode and _REFUSED in done.stderr:
        raise InfrastructureError(
            "git refuses this folder: it belongs to somebody else",
            hint=f"if you trust it: git config --global --add safe.directory {quote(str(root.resolve()))}",
        )
    return done
