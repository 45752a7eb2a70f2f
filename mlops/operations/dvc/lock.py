"""What DVC recorded of the last run of a pipeline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlops.documents.document import Part
from mlops.errors import IntegrityError
from mlops.files.plain_yaml import Values, parse
from mlops.operations.digests.cache import digest_of, framework, keep, recall


@dataclass(frozen=True)
class LockedStage:
    """One stage of a `dvc.lock`: what it ran with and what came out, by MD5."""

    command: str
    section: Values
    inputs: dict[str, str]
    outputs: dict[str, str]


class _Named(Part):
    """A file or a folder, by the name that DVC gives it."""

    path: str
    md5: str


class _Stage(Part):
    """A stage as DVC writes it; a part that is lacking was cut off."""

    cmd: str
    params: dict[str, dict[str, Values]] | None = None
    deps: tuple[_Named, ...] = ()
    outs: tuple[_Named, ...]

    def locked(self, name: str) -> LockedStage:
        """Take what counts of it; raises KeyError where its parameters are those of another file."""
        sections = {} if self.params is None else self.params["params.yaml"]
        inputs, outputs = ({item.path: item.md5 for item in items} for items in (self.deps, self.outs))
        return LockedStage(self.cmd, sections.get(name, {}), inputs, outputs)


class _Lock(Part):
    stages: dict[str, _Stage]


def read_lock(root: Path, folder: str) -> dict[str, LockedStage]:
    """Read the `dvc.lock` of a folder; empty where there is none.

    Raises:
        IntegrityError: the file is damaged, or holds the conflict markers of a merge.
    """
    path = root / folder / "dvc.lock"
    if not path.is_file():
        return {}
    shown = f"{folder}/dvc.lock".removeprefix("./")
    data = path.read_bytes()
    key = digest_of(framework().encode(), data)
    kept = f"locks/{folder.replace('/', '.')}"
    if (known := recall(root, kept, key)) is not None:
        return {name: LockedStage(*parts) for name, parts in known.items()}
    stages = parse_lock(data, shown)
    keep(root, kept, key, {name: list(vars(stage).values()) for name, stage in stages.items()})
    return stages


def parse_lock(data: bytes, shown: str) -> dict[str, LockedStage]:
    """Read the stages of a lock; `shown` is its path.

    Raises:
        IntegrityError: it is damaged, or holds the conflict markers of a merge.
    """
    try:
        stages = _Lock.model_validate(parse(data, shown)).stages
        return {name: stage.locked(name) for name, stage in stages.items()}
    except (KeyError, ValueError) as error:
        raise IntegrityError(f"{shown} is damaged", hint=f"take it back from Git: git checkout -- {shown}") from error


def md5_file(path: Path) -> str:
    """Give a file the name DVC gives it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def md5_tree(path: Path, of: Callable[[Path], str] = md5_file) -> str | None:
    """Give a file or folder the name DVC gives it; None where it is not there. `of` names a file by its bytes."""
    if path.is_file():
        return of(path)
    if not path.is_dir():
        return None
    return hashlib.md5(listing(path, of).encode(), usedforsecurity=False).hexdigest() + ".dir"


def listing(folder: Path, of: Callable[[Path], str] = md5_file) -> str:
    """Spell the files of a folder as DVC does in its cache."""
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    return json.dumps([{"md5": of(files[name]), "relpath": name} for name in sorted(files)])
