"""What was live, when, and by whose commit: the history of release files in Git."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from mlops.configuration.environment import LIVE
from mlops.configuration.load import parse_document
from mlops.configuration.project import Project
from mlops.configuration.reading.parse import read
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.plain_yaml import parse
from mlops.operations.git import commit_of, files_at, git
from mlops.operations.live.releases import file_of

_FIELDS = "%H%x00%cI%x00%an%x00%s"
_PULL = re.compile(r"^Merge pull request #(\d+)\b|\(#(\d+)\)$")


@dataclass(frozen=True)
class Moment:
    """A commit of the main line that changed what is live; `bundle` is None where it took the file away."""

    environment: str
    bundle: str | None
    commit: str
    date: str
    author: str
    subject: str
    pull_request: int | None = None


def history(root: Path, environment: str, name: str, reference: str = "HEAD") -> tuple[Moment, ...]:
    """List what was live, newest first, along the main line: a merge counts as one change, that of its author.

    The main line is that of what is checked out, or of another reference.

    Raises:
        InfrastructureError: Git cannot tell.
    """
    file = file_of(environment, name)
    log = _git(root, "log", "-z", "--first-parent", "-m", "--no-renames", f"--format={_FIELDS}", reference, "--", file)
    moments: list[Moment] = []
    for commit, date, author, subject in _by_four(log.split("\0")):
        bundle = bundle_in(files_at(root, commit, [file]).get(file), file)
        moments.append(Moment(environment, bundle, commit, date, author, subject, pull_request_of(subject)))
    return tuple(
        moment
        for moment, before in zip_longest(moments, moments[1:])
        if moment.bundle != (before.bundle if before else None)
    )


def pull_request_of(subject: str) -> int | None:
    """Read from a commit's subject which pull request it merged; None where it says none."""
    found = _PULL.search(subject)
    return int(next(filter(None, found.groups()))) if found else None


def live_at(root: Path, commit: str, name: str) -> str | None:
    """Name the bundle that a commit has live; None where it has no release file.

    Raises:
        IntegrityError: the release file of that commit names no bundle, or its project cannot be read.
    """
    file = file_of(_live_environment(root, commit), name)
    data = files_at(root, commit, [file]).get(file)
    if data is None:
        return None
    bundle = bundle_in(data, file)
    if bundle is None:
        raise IntegrityError(f"{commit[:8]}:{file} names no bundle", hint="repair the release file at the base first")
    return bundle


def _live_environment(root: Path, commit: str) -> str:
    """Name the environment that a commit's project calls live; a project that says nothing means `prod`.

    Where there is a file that says something else, as a link does, nobody knows what is live: that is not `prod`.
    """
    file = "conf/project.yaml"
    data = files_at(root, commit, [file]).get(file)
    if data is None:
        return LIVE
    project = parse_document(Project, read(file, data))[0]
    if project is None:
        raise IntegrityError(
            f"{commit[:8]}:{file} is no project that can be read", hint=f"repair {file} at the base first"
        )
    return project.live


def last_change(root: Path, file: str) -> str | None:
    """Name the last commit that changed a file; None where no commit did."""
    return _git(root, "log", "-1", "--first-parent", "--format=%H", "HEAD", "--", file).strip() or None


def touches(root: Path, file: str, after: str) -> tuple[str, ...]:
    """List the commits of the main line that changed a file since another commit, oldest first."""
    log = _git(root, "log", "--first-parent", "-m", "--reverse", "--format=%H", f"{after}..HEAD", "--", file)
    return tuple(dict.fromkeys(log.split()))


def touched_until(root: Path, file: str, commit: str) -> tuple[str, ...]:
    """List the commits of the main line that changed a file up to a commit, newest first."""
    log = _git(root, "log", "--first-parent", "-m", "--format=%H", commit, "--", file)
    return tuple(dict.fromkeys(log.split()))


def shallow(root: Path) -> bool:
    """Whether a part of the history was not fetched."""
    return _git(root, "rev-parse", "--is-shallow-repository").strip() == "true"


def descends(root: Path, commit: str, ancestor: str) -> bool | None:
    """Whether a commit comes after another, or is it; None where the other is not known here."""
    try:
        commit_of(root, ancestor)
    except ConfigurationError:
        return None
    return not _git(root, "rev-list", "--max-count=1", ancestor, f"^{commit}").strip()


def _by_four(fields: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Take fields four by four; a rest that is not whole is left out."""
    return zip(*(fields[start::4] for start in range(4)), strict=False)


def bundle_in(data: bytes | None, file: str) -> str | None:
    """Read which bundle a release file names; None where it names none."""
    try:
        value = parse(data or b"", file)
    except IntegrityError:
        return None
    bundle = value.get("bundle") if isinstance(value, dict) else None
    return bundle if isinstance(bundle, str) else None


def _git(root: Path, *arguments: str) -> str:
    done = git(root, *arguments)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        raise InfrastructureError(f"git {arguments[0]} failed: {said[0][:200]}", hint="commit the release file first")
    return done.stdout.decode(errors="replace")
