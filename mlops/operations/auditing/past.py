"""The main line read once: which commits changed a pipeline's ledger, or what is decided of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlops.errors import InfrastructureError
from mlops.ledger.course import Step
from mlops.ledger.decided import decided, documents_of
from mlops.ledger.entry import MODEL
from mlops.ledger.line import places
from mlops.operations.git import git

_ZERO = "0" * 40
_PLAIN = ("100644", "100755")


@dataclass
class _Commit:
    name: str
    blobs: dict[str, str | None] = field(default_factory=dict)
    """What it changed: the object of each path, None where it took the file away, "" where it is no plain file."""


def steps_of(root: Path, name: str, reference: str = "HEAD") -> dict[str, list[Step]]:
    """List the steps of each line of a pipeline, oldest first, in two processes however long they are.

    Raises:
        InfrastructureError: Git cannot tell.
    """
    commits = list(_log(root, name, reference))
    objects = _contents(root, {blob for commit in commits for blob in commit.blobs.values() if blob})
    files: dict[str, bytes] = {}
    steps: dict[str, list[Step]] = {}
    known, begun = _places(commits, name), False
    for commit in commits:
        changed = {path: objects.get(blob or "") for path, blob in commit.blobs.items()}
        entries: dict[str, dict[str, bytes | None]] = {}
        for place, file in places(changed, name):
            begun = True
            path = f"pipelines/{name}/ledger/{place}/{file}" if place else f"pipelines/{name}/ledger/{file}"
            gone = commit.blobs[path] is None
            entries.setdefault(place, {})[file] = None if gone else changed[path] or b""
        documents = {path: data for path, data in changed.items() if not path.startswith(f"pipelines/{name}/ledger/")}
        files |= {path: data for path, data in documents.items() if data is not None}
        for path in documents.keys() & files.keys():
            if documents[path] is None:
                del files[path]
        for place in known:
            said = decided(name, place, files.get) if documents.keys() & set(documents_of(name, (place,))) else None
            if said is not None or place in entries:
                steps.setdefault(place, []).append(Step(commit.name, entries.get(place, {}), said, begun))
    return steps


def _places(commits: Iterable[_Commit], name: str) -> tuple[str, ...]:
    paths = {path for commit in commits for path in commit.blobs}
    released = {path.split("/")[2] for path in paths if path.startswith("conf/release/")}
    return tuple(sorted({MODEL, *released, *(place for place, _ in places(paths, name))}))


def _log(root: Path, name: str, reference: str) -> Iterator[_Commit]:
    paths = (f"pipelines/{name}/ledger", *documents_of(name, ()), f":(glob)conf/release/*/{name}.yaml")
    wanted = ("log", "-z", "--first-parent", "-m", "--reverse", "--raw", "--no-abbrev", "--no-renames")
    done = git(root, *wanted, "--format=%x01%H", reference, "--", *paths)
    if done.returncode:
        raise InfrastructureError("git cannot list the commits of this branch", hint="git fetch --unshallow")
    commit: _Commit | None = None
    parts = iter(done.stdout.decode(errors="surrogateescape").split("\0"))
    for part in parts:
        text = part.removeprefix("\n")
        if text.startswith("\x01"):
            if commit is not None:
                yield commit
            commit = _Commit(text[1:])
        elif text.startswith(":") and commit is not None:
            _, mode, _, blob, status = text.split(" ")
            kept = blob if mode in _PLAIN else ""
            commit.blobs[next(parts)] = None if status == "D" or blob == _ZERO else kept
    if commit is not None:
        yield commit


def _contents(root: Path, blobs: set[str]) -> dict[str, bytes]:
    """Read objects by their names, in one process."""
    wanted = sorted(blobs)
    answer = git(root, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode()).stdout
    found: dict[str, bytes] = {}
    at = 0
    while (end := answer.find(b"\n", at)) >= 0:
        name, kind, *size = answer[at:end].split(b" ")
        at = end + 1
        if kind == b"blob":
            found[name.decode()] = answer[at : at + int(size[0])]
            at += int(size[0]) + 1
    return found
