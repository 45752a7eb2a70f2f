"""Whether the artifacts of a workflow run are the ones that its jobs made.

Any job of a run may upload, or replace, an artifact of any name; the outputs of a job are its own. GitHub compares an
archive with the digest it had when it was uploaded, not with who should have made it.
https://docs.github.com/en/actions/reference/security/secure-use
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from mlops.errors import IntegrityError

Value = TypeVar("Value")

_PLAN = "plan"
_TOLD = re.compile(r"(?P<bundle>sha256:[0-9a-f]{64})( (?P<statement>sha256:[0-9a-f]{64}))?")
_HINT = "run the jobs again; if it comes back, a job of this pull request writes into the evidence of another"


class _Job(BaseModel, extra="ignore", frozen=True):
    outputs: dict[str, str] = Field(default_factory=dict)


class _Batch(BaseModel, extra="ignore", frozen=True):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")]
    pipelines: str
    index: int


_NEEDS = TypeAdapter(dict[str, _Job])
_BATCHES = TypeAdapter(tuple[_Batch, ...])


@dataclass(frozen=True)
class Told:
    """What jobs told of a pipeline: artifacts and their digests, and those of its bundle and the statement on that."""

    artifact: str
    digest: str
    verdict: str = ""
    """The artifact of the job that judged it, in which the verdict is; empty where the workflow has no such job."""
    judged: str = ""
    bundle: str | None = None
    statement: str | None = None
    rows: str = ""
    """The artifact of the job that made its rows by the change's framework; empty where none told of one."""
    made: str = ""


def told(needs: str) -> dict[str, Told]:
    """Read by pipeline what the jobs of a run told; `needs` is the context of a job that came after them, as JSON.

    Raises:
        IntegrityError: it cannot be read.
    """
    jobs = _parsed(_NEEDS, needs, "the context `needs`")
    names = ("affected", "pipeline", "judge", "framework")
    affected, ran, judge, framework = (jobs.get(name, _Job()).outputs for name in names)
    listed = affected.get("batches", "")
    found: dict[str, Told] = {}
    for batch in _parsed(_BATCHES, listed, "the list of batches") if listed else ():
        said = _TOLD.fullmatch(ran.get(f"bundle-{batch.index}", ""))
        bundle, statement = (said["bundle"], said["statement"]) if said else (None, None)
        verdict = f"verdict-{batch.name}" if "judge" in jobs else ""
        evidence, judged = ran.get(f"evidence-{batch.index}", ""), judge.get(f"verdict-{batch.index}", "")
        made = framework.get(f"rows-{batch.index}", "")
        rows = f"rows-{batch.name}" if made else ""
        held = Told(f"report-{batch.name}", evidence, verdict, judged, bundle, statement, rows, made)
        found |= dict.fromkeys(batch.pipelines.split(), held)
    return found


@dataclass(frozen=True)
class Place:
    """Which folder holds what the run of a pipeline left, and which its verdict; None where nothing judges apart."""

    ran: Path
    judged: Path | None = None


def places(folder: Path, needs: str) -> dict[str, Place]:
    """Say where the evidence of each pipeline is, having compared it with the digest its own job told.

    `needs` is the `needs` context of the job that reads, as JSON: `affected` gave the digest of the plan and the
    batches, each job of `pipeline` and of `judge` the digest of what it left.

    Raises:
        IntegrityError: something is there that no job told of, or it has other bytes.
    """
    known = told(needs)
    digests = {item.artifact: item.digest for item in known.values()}
    digests |= {item.verdict: item.judged for item in known.values() if item.verdict}
    plan = _parsed(_NEEDS, needs, "the context `needs`").get("affected", _Job()).outputs.get("digest", "")
    for name in _names(folder):
        compare(folder, name, plan if name == _PLAN else digests.get(name, ""))
    return {
        name: Place(folder / item.artifact / name, folder / item.verdict / name if item.verdict else None)
        for name, item in known.items()
    }


def left(folder: Path, name: str, needs: str) -> Path:
    """Say which folder holds what the run of a pipeline left, having compared it with the digest its job told.

    Raises:
        IntegrityError: no job told of it, or it has other bytes.
    """
    item = told(needs).get(name)
    if item is None:
        raise IntegrityError(f"{name}: no job of this run says that it ran it", hint=_HINT)
    compare(folder, item.artifact, item.digest)
    return folder / item.artifact / name


def left_rows(folder: Path, name: str, needs: str) -> Path | None:
    """Say which folder holds what was made of the rows of a pipeline; None where no job made them, or it did not come.

    Raises:
        IntegrityError: it has other bytes than its job told of.
    """
    item = told(needs).get(name)
    if item is None or not item.rows or not (folder / item.rows).exists():
        return None
    compare(folder, item.rows, item.made)
    made = folder / item.rows / name
    return made if made.is_dir() else None


def digest(folder: Path) -> str:
    """Give the digest of a tree as `find evidence -type f | sort | xargs sha256sum | sha256sum` does, in the C locale.

    Raises:
        IntegrityError: it holds a link, something that is not a file, or a name that a line cannot hold.
    """
    lines = sorted((f"evidence/{path.relative_to(folder).as_posix()}".encode(), path) for path in _files(folder))
    total = hashlib.sha256()
    for name, path in lines:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").hexdigest().encode() + b"  " + name + b"\n")
    return total.hexdigest()


def compare(folder: Path, name: str, expected: str) -> None:
    """Hold an unpacked artifact against the digest that its job told.

    Raises:
        IntegrityError: it is another one, or nobody told of it.
    """
    here = folder / name
    if here.is_symlink() or not here.is_dir():
        raise IntegrityError(f"{name}: not the folder of an artifact", hint=_HINT)
    if not re.fullmatch(r"[0-9a-f]{64}", expected):
        raise IntegrityError(f"{name}: no job of this run says that it made this artifact", hint=_HINT)
    found = _plan(here) if name == _PLAN else digest(here)
    if found != expected:
        raise IntegrityError(f"{name}: the artifact is not the one its job made", hint=_HINT)


def _plan(here: Path) -> str:
    files = [path.name for path in _files(here)]
    return hashlib.sha256((here / "plan.json").read_bytes()).hexdigest() if files == ["plan.json"] else ""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()) or re.search(r"[\\\r\n]", path.name):
            raise IntegrityError(f"{path.name!r} in {folder.name}: not a plain file", hint=_HINT)
        if path.is_file():
            yield path


def _parsed(kind: TypeAdapter[Value], text: str, what: str) -> Value:
    try:
        return kind.validate_json(text)
    except ValidationError as error:
        raise IntegrityError(f"{what} cannot be read", hint=_HINT) from error
