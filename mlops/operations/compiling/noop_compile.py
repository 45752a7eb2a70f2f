"""A compile with nothing to do, known without reading the YAML.

What a compile reads is digested: `conf/`, the pins, the program itself, and whether the files that pipelines name are
there. Where all of it is as it was, and every compiled file has the bytes it had, there is nothing to write.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlops.files.generated import left_over
from mlops.operations.digests.cache import digest_of, files_below, framework, keep, recall
from mlops.operations.digests.code import pins

if TYPE_CHECKING:
    from mlops.plan.pipeline import Plan


class _Known(NamedTuple):
    """What a compile gave: digests of files, where named files are, and what is a file of the compiler's."""

    files: dict[str, str]
    named: dict[str, str]
    mark: str
    places: tuple[str, ...]


def unchanged(root: Path) -> tuple[str, ...] | None:
    """List the compiled files where none would change; None where that takes a compile to know."""
    key = _key(root)
    kept = None if key is None else recall(root, "compile", key)
    if kept is None:
        return None
    known = _Known(*kept)
    if _named(root, known.named) != known.named or _digests(root, known.files) != known.files:
        return None
    if left_over(root, known.files, mark=known.mark, places=tuple(known.places)):
        return None
    return tuple(known.files)


def remember(root: Path, plan: Plan, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> None:
    """Keep what a compile gave, to be recognised by `unchanged`."""
    from mlops.operations.external_inputs import given

    if (key := _key(root)) is None:
        return
    read = {f"{each.folder}/{path}" for each in plan.pipelines for paths in given(each).values() for path in paths}
    named = _named(root, sorted(read))
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    keep(root, "compile", key, _Known(digests, named, mark, places))


def _key(root: Path) -> str | None:
    """Digest what a compile reads; None where links make it unclear what that is."""
    conf = root / "conf"
    paths = files_below(conf)
    if any(Path(folder).is_symlink() for folder in _folders(conf)):
        return None
    skip = len(str(conf))
    parts = [part for path in paths for part in (path[skip:].encode("utf-8", "surrogateescape"), _read(path))]
    libraries = f"{version('pydantic')} {version('hydra-core')} {os.path.realpath(root)}"
    return digest_of(framework().encode(), libraries.encode(), pins(root), *parts)


def _folders(folder: Path) -> list[str]:
    return [f"{where}/{name}" for where, names, _ in os.walk(folder) for name in names]


def _named(root: Path, paths: Mapping[str, str] | list[str]) -> dict[str, str]:
    """Say of each file that a pipeline names where it really is, and of code what it says; nothing where it is not."""
    places = {path: os.path.realpath(root / path) for path in paths}
    there = {path: place if os.path.isfile(place) else "" for path, place in places.items()}  # noqa: PTH113 - as below
    return {path: f"{place} {_content(place)}" if path.endswith(".py") else place for path, place in there.items()}


def _content(place: str) -> str:
    return hashlib.sha256(_read(place)).hexdigest() if place else ""  # what it imports decides what a stage reads


def _digests(root: Path, paths: Mapping[str, str]) -> dict[str, str]:
    base = f"{root}/"
    return {path: hashlib.sha256(_read(base + path)).hexdigest() for path in paths}


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", opener=_at_once) as file:
            return file.read()
    except OSError:
        return b""


def _at_once(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is empty instead of being waited for."""
    return os.open(path, flags | os.O_NONBLOCK)
