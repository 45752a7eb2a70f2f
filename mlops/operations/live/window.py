"""Which bundles can still be asked for: what is live, and what each environment may be rolled back to.

Read from the first-parent history of release files on the main branch, as `mlops rollback` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

from mlops.configuration.environment import Keep
from mlops.configuration.project import Project
from mlops.errors import InfrastructureError
from mlops.operations.git import files_at, git
from mlops.operations.live.history import bundle_in, shallow
from mlops.operations.live.releases import FOLDER


@dataclass(frozen=True)
class Held:
    """A bundle that an environment serves, or served until `until`; None while it is live."""

    environment: str
    name: str
    bundle: str
    until: datetime | None = None


@dataclass(frozen=True)
class _Change:
    path: str
    bundle: str | None
    when: datetime


def held(root: Path, project: Project, now: datetime) -> tuple[Held, ...]:
    """List the bundles that releases and rollbacks need, as the main branch here and that of the remote say.

    Raises:
        InfrastructureError: the history was not fetched as a whole, or Git cannot tell.
    """
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    found: dict[tuple[str, str, str], Held] = {}
    for commit in main_lines(root, project):
        for path, changes in _by_file(_changes(root, commit)).items():
            for item in _kept(path, changes, project.keep, now):
                known = found.setdefault((item.environment, item.name, item.bundle), item)
                if known.until is not None and (item.until is None or item.until > known.until):
                    found[item.environment, item.name, item.bundle] = item
    return tuple(found[key] for key in sorted(found))


def main_lines(root: Path, project: Project) -> tuple[str, ...]:
    """Name the commits of the main branch, here and as last fetched; what is checked out where there is neither."""
    branch = project.ci.branch
    wanted = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
    known = [done.stdout.decode().strip() for done in (_commit(root, name) for name in wanted) if not done.returncode]
    return tuple(dict.fromkeys(known)) or ("HEAD",)


def _commit(root: Path, reference: str) -> CompletedProcess[bytes]:
    return git(root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")


def _changes(root: Path, commit: str) -> Iterator[_Change]:
    """Give every change of a release file along the main line, newest first."""
    wanted = ("log", "-z", "--first-parent", "-m", "--no-renames", "--name-only", "--format=%x01%H %cI", commit)
    done = git(root, *wanted, "--", FOLDER)
    if done.returncode:
        raise InfrastructureError("git cannot tell what was live", hint="git fetch --unshallow")
    for entry in done.stdout.decode(errors="surrogateescape").split("\x01")[1:]:
        head, *names = entry.replace("\n", "\0").split("\0")
        made, when = head.split(" ", 1)
        paths = [name for name in names if name.endswith(".yaml")]
        texts = files_at(root, made, paths)
        for path in paths:
            yield _Change(path, bundle_in(texts.get(path), path), datetime.fromisoformat(when))


def _by_file(changes: Iterable[_Change]) -> dict[str, list[_Change]]:
    found: dict[str, list[_Change]] = {}
    for change in changes:
        found.setdefault(change.path, []).append(change)
    return found


def _kept(path: str, changes: list[_Change], keep: Keep, now: datetime) -> Iterator[Held]:
    """Give the live bundle, the last so many before it, and all that were live in the last so many days."""
    parts = path.removeprefix(f"{FOLDER}/").removesuffix(".yaml").split("/")
    if len(parts) != 2:
        return
    until: datetime | None = None
    seen: set[str] = set()
    for change in changes:
        if change.bundle is not None and change.bundle not in seen:
            recent = until is None or now - until <= timedelta(days=keep.days)
            if recent or len(seen) <= keep.releases:
                yield Held(parts[0], parts[1], change.bundle, until)
            seen.add(change.bundle)
        until = change.when
