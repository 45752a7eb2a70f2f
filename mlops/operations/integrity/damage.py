"""Outputs whose bytes are not those that were recorded, and what is done about it before DVC runs.

DVC takes what lies in its cache, and in the work tree since it was put there, for what it is named by. So each file
that a lock names is held against its name: an object of the cache that has other bytes is moved aside, the one object
alone, and what DVC has here of it is made to look new, so that DVC reads it again and the stage that wrote it runs, or
its good copy is taken. Nothing that was moved aside is ever used or deleted.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import IntegrityError
from mlops.files.dvc_cache import listed, objects, placed
from mlops.operations.dvc.lock import LockedStage
from mlops.operations.processes.looked import Looked

Locked = dict[str, LockedStage]
ASIDE = ".mlops/quarantine"


@dataclass(frozen=True)
class Damage:
    """An output that had a bad object in DVC's cache: the stage that wrote it, its path in the pipeline's folder.

    `recorded` is its digest as the lock has it, `aside` where the objects are now.
    """

    stage: str
    path: str
    recorded: str
    aside: tuple[str, ...]

    @property
    def told(self) -> str:
        """Say it in a line."""
        where = ", ".join(self.aside)
        return f"{self.path} had other bytes in DVC's cache than were recorded: moved aside, to {where}"


def mend(root: Path, folder: str, cache: Path, locked: Locked, looked: Looked) -> tuple[Damage, ...]:
    """Move bad objects out of DVC's cache, and have DVC read again what is not as the lock says.

    `cache` is where the cache has the files themselves (`dvc_cache.objects`).

    Raises:
        OSError: the system refuses it.
    """
    found = []
    for stage, path, recorded in _outputs(locked):
        place = root / folder / path
        files = _files(cache, recorded)
        moved = tuple(aside(root, at, digest) for at, digest in _bad(cache, recorded, looked))
        if place.exists() and looked.tree(place) != recorded:
            _look_again(place, files, looked)
        if moved:
            found.append(Damage(stage, path, recorded, moved))
    return tuple(found)


def bad_objects(root: Path, locked: Locked, looked: Looked) -> Iterator[tuple[str, str]]:
    """Give the objects of DVC's cache that have other bytes than their names say: whose they are, and where."""
    cache = objects(root)
    for _, path, recorded in _outputs(locked):
        for at, digest in _bad(cache, recorded, looked):
            inner = next((name for name, known in _files(cache, recorded).items() if known == digest), "")
            yield f"{path}/{inner}".rstrip("/"), _shown(root, at)


def refuse_unlike(root: Path, name: str, folder: str, locked: Locked, looked: Looked) -> None:
    """Hold what lies here after DVC ended against what it recorded.

    Raises:
        IntegrityError: a file or folder has other bytes; names the first.
    """
    for _, path, recorded in _outputs(locked):
        place = root / folder / path
        if place.exists() and looked.tree(place) != recorded:
            raise IntegrityError(
                f"{name}: {path} is not what {folder}/dvc.lock says, though DVC took it for that",
                hint=f"does something else write there? mlops run {name}",
            )


def refuse_other(before: Locked, after: Locked, damaged: tuple[Damage, ...], name: str) -> None:
    """Hold stages that ran again only because of damage to what they wrote before.

    Raises:
        IntegrityError: one wrote something else, from the same inputs by the same configuration.
    """
    for item in damaged:
        then, now = before.get(item.stage), after.get(item.stage)
        if (
            then is None
            or now is None
            or (then.command, then.section, then.inputs) != (now.command, now.section, now.inputs)
        ):
            continue
        if now.outputs.get(item.path) != item.recorded:
            raise IntegrityError(
                f"{name}: {item.stage} ran again, because {item.path} was damaged, and wrote something else than was "
                "recorded",
                hint=f"git diff pipelines/{name}/dvc.lock; commit it to record this run, or take it back and fetch "
                "what was recorded: dvc pull",
            )


def _outputs(locked: Locked) -> Iterator[tuple[str, str, str]]:
    """Give stage, path and digest of every output; a path that a lock leads elsewhere by is no output of ours."""
    for name, stage in locked.items():
        for path, digest in stage.outputs.items():
            if not path.startswith("/") and ".." not in path.split("/"):
                yield name, path, digest


def _files(cache: Path, recorded: str) -> dict[str, str]:
    """Give the files of an output with their digests, by path from there; none of a folder whose list is not here."""
    return listed(cache, recorded) if recorded.endswith(".dir") else {"": recorded}


def _bad(cache: Path, recorded: str, looked: Looked) -> Iterator[tuple[Path, str]]:
    """Give objects of the cache, the list of a folder among them, whose bytes are not what they are named by."""
    for digest in sorted({recorded, *_files(cache, recorded).values()}):
        place = placed(cache, digest)
        if place is not None and place.is_file() and looked.file(place) != digest.removesuffix(".dir"):
            yield place, digest


def aside(root: Path, place: Path, name: str) -> str:
    """Move a file aside, never to be used or deleted from there, and say where it is."""
    target = root / ASIDE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(place, target)
    return target.relative_to(root).as_posix()


def touch(file: Path) -> None:
    """Give a file a new time; a link, and what belongs to somebody else, is left to DVC, which knows where it leads."""
    if not file.is_symlink():
        with suppress(PermissionError):
            os.utime(file)


def _look_again(place: Path, files: dict[str, str], looked: Looked) -> None:
    """Give files with other bytes a new time, by which DVC sees that they are not what it put there."""
    for file in [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file()):
        inner = file.relative_to(place).as_posix() if file != place else ""
        if looked.file(file) != files.get(inner):
            touch(file)


def _shown(root: Path, place: Path) -> str:
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else str(place)
