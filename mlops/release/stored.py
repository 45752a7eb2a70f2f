"""What MLflow's store holds of a version, held against the digest of its bundle, whatever other copy is at hand.

Whoever loads `models:/NAME@ALIAS` gets these bytes, from the place that the registry names. MLflow keeps no digest of
them, and its rows and its store may be written by others than this framework. So the place must be the one that
`register` gave, every file one that it writes, and every byte what the manifest or the version's tag names: nothing of
what was downloaded is believed before.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import yaml

from mlops.bundle.contents import Contents
from mlops.bundle.manifest import LARGEST, NAME, Manifest
from mlops.errors import IntegrityError, MlopsError
from mlops.files.canonical import digest_file
from mlops.release import published
from mlops.release.entry import FILES
from mlops.release.mlmodel import BESIDE, DATA, EXAMPLE, Made, digests, model_files
from mlops.release.place import ARTIFACT, fetch, kept, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

Sizes = dict[str, int]
"""Bytes of files by their paths in the model's folder."""
_SHOWN = 20
_LEFT = "registered_model_meta"


@dataclass(frozen=True)
class Stored:
    """A model in its place; `recorded` is the tag that names the files beside the bundle.

    `left` is what the file may say that MLflow leaves where it loads a model in place.
    """

    client: MlflowClient
    place: str
    recorded: str
    left: frozenset[bytes] = frozenset()


def hold(client: MlflowClient, version: ModelVersion, digest: str) -> None:
    """Hold what a version gives to who loads it against the digest of its bundle; all of it is read.

    Raises:
        IntegrityError: it is somewhere else, or something else; names every file.
    """
    if (moved := misplaced(client, version)) is not None:
        raise _other(version.name, f"version {version.version}", digest, [moved])
    stored = Stored(client, str(version.source), version.tags.get(FILES, ""), _left_by_loading(version))
    hold_files(stored, version.name, f"run {str(version.run_id)[:8]}", digest)


def hold_files(stored: Stored, name: str, what: str, digest: str) -> None:
    """Hold a model in its place against a bundle's digest; `what` says of which run it is.

    Raises:
        IntegrityError: a file differs, is missing, or is one too many; names all of them.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-stored-") as folder:
        problems = unlisted(stored, digest) or [*_unlike(stored, digest, Path(folder))]
    if problems:
        raise _other(name, what, digest, problems)


def first(client: MlflowClient, version: ModelVersion, digest: str, *, whole: bool) -> str | None:
    """Say what is wrong first of a version's copy; None where nothing is. `whole` reads all of its bytes."""
    problem = misplaced(client, version)
    if problem is None:
        stored = Stored(client, str(version.source), version.tags.get(FILES, ""), _left_by_loading(version))
        problem = next(iter(unlisted(stored, digest)), None)
    if problem is None and whole:
        try:
            hold(client, version, digest)
        except IntegrityError as error:
            problem = error.message.splitlines()[1].strip()
    return problem


def misplaced(client: MlflowClient, version: ModelVersion) -> str | None:
    """Say where a version leads that is not where its run keeps the model; None where all is well."""
    if not version.run_id:
        return "it names no run"
    expected = kept(client, str(version.run_id))
    places = (version.source, client.get_model_version_download_uri(version.name, str(version.version)))
    for place in places:
        if place not in expected:
            return f"it leads to {place}, but its run keeps the model in {expected[0]}"
    return None if places[0] == places[1] else f"it leads to {places[1]}, but names {places[0]}"


def _left_by_loading(version: ModelVersion) -> frozenset[bytes]:
    """Spell what MLflow leaves where it loads a model in place, by version, by alias, or by the model's id."""
    said = [{"model_name": version.name, "model_version": kind(version.version)} for kind in (str, int)]
    by_id = {"model_name": None, "model_version": None}
    return frozenset(yaml.safe_dump(item, allow_unicode=True).encode() for item in (*said, by_id))


def unlisted(stored: Stored, digest: str) -> list[str]:
    """Compare the list of a model's files, and their sizes, with the manifest; only the manifest itself is read."""
    client, place, recorded = stored.client, stored.place, stored.recorded
    if (loader := _loader(recorded)) not in {"", *published.loaders()}:
        return [f"{ARTIFACT}/{published.CODE}/{loader} is no loader that this release knows"]
    if links := [*_links(place)]:
        return links
    found = dict(listed(client, place))
    if not 0 < found.get(f"{DATA}/{NAME}", 0) <= LARGEST:
        return [f"{ARTIFACT}/{DATA}/{NAME} is missing, or is none"]
    with tempfile.TemporaryDirectory(prefix="mlops-manifest-") as folder:
        path = fetch(client, place, f"{DATA}/{NAME}", Path(folder))
        if digest_file(path) != digest:
            return [f"{ARTIFACT}/{DATA}/{NAME} has other bytes"]
        manifest = Manifest.parse(path.read_bytes())
    sizes: Sizes = {f"{DATA}/{name}": entry.size for name, entry in manifest.files.items()}
    if found.get(_LEFT, 0) in {len(text) for text in stored.left}:
        del found[_LEFT]
    return [*_off(found, sizes, {*_beside(recorded), *_code(recorded)})]


def _links(place: str) -> Iterator[str]:
    """Name the links in a store on this machine: who loads in place follows them, MLflow copies none that leads out."""
    parts = urlsplit(place)
    if parts.scheme in {"", "file"}:
        root = Path(unquote(parts.path))
        for path in (root, *sorted(root.rglob("*"))):
            if path.is_symlink():
                yield f"{(ARTIFACT / path.relative_to(root)).as_posix()} is a link"


def _beside(recorded: str) -> tuple[str, ...]:
    """Name what lies beside bundle and loader; a version whose tag names no example shows none."""
    return (*BESIDE, *(EXAMPLE if any(name in _recorded(recorded) for name in EXAMPLE) else ()))


def _loader(recorded: str) -> str:
    """Name the loader that a version carries, by its tag; empty where there is none."""
    found = filter(None, map(published.INSIDE.match, _recorded(recorded)))
    return next((match[1] for match in found), "")


def _code(recorded: str) -> tuple[str, ...]:
    """Name the files of the loader that a version carries: of this release's, or those that the tag names.

    The tag is what others can write: what it names is held against the published digest when it is read.
    """
    if (loader := _loader(recorded)) == published.present():
        return tuple(published.files())
    inside = re.compile(rf"{published.CODE}/{loader}/(__pycache__|\w+\.py)")
    return tuple(sorted(filter(inside.fullmatch, _recorded(recorded)))) if loader in published.loaders() else ()


def _off(found: Sizes, sizes: Sizes, beside: set[str]) -> Iterator[str]:
    known = {*sizes, *beside, f"{DATA}/{NAME}"}
    for path in sorted(known | set(found)):
        if path not in known:
            yield f"{ARTIFACT}/{path} is no part of it"
        elif path not in found:
            yield f"{ARTIFACT}/{path} is missing"
        elif found[path] != sizes[path] if path in sizes else not 0 < found[path] <= LARGEST:  # a pipe, a device: 0
            yield f"{ARTIFACT}/{path} has {found[path]:,} bytes"


def _unlike(stored: Stored, digest: str, folder: Path) -> Iterator[str]:
    """Read all files and compare them: those of the bundle with its digest, those beside it with what was written."""
    model, recorded = fetch(stored.client, stored.place, "", folder), stored.recorded
    try:
        bundle = Contents.read(model / DATA, digest)
    except MlopsError as error:
        yield from (f"{ARTIFACT}/{DATA}/{line.strip()}" for line in error.message.splitlines()[1:] or [NAME])
        return
    beside = {name: (model / name).read_bytes() for name in (*_beside(recorded), *_code(recorded))}
    made, said, found = Made.read(beside), _recorded(recorded), digests(beside)
    expected = model_files(bundle, made)
    for name, data in beside.items():
        if data != expected.get(name, data) or (said and said.get(name) != found[name]):
            yield f"{ARTIFACT}/{name} has other bytes than `mlops register` wrote"
    if made.loader != published.present() and not _published(made.loader, beside):
        yield f"{ARTIFACT}/{published.CODE} is no loader that was published"
    if (model / _LEFT).exists() and (model / _LEFT).read_bytes() not in stored.left:
        yield f"{ARTIFACT}/{_LEFT} has other bytes than MLflow writes"


def _published(loader: str, beside: Mapping[str, bytes]) -> bool:
    """Whether the loader of an earlier release is the one that was published; none is one."""
    folder = f"{published.CODE}/{loader}/"
    code = {name.removeprefix(folder): data for name, data in beside.items() if name.startswith(folder)}
    return published.digest(code) == published.loaders().get(loader) if loader else not code


def _recorded(tag: str) -> Mapping[str, str]:
    """Read the tag; a version of an earlier release has none, and a tag that is none agrees with nothing."""
    if not tag:
        return {}
    try:
        value = json.loads(tag)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else dict.fromkeys(BESIDE, "")


def _other(name: str, what: str, digest: str, problems: list[str]) -> IntegrityError:
    listed = "\n".join(f"  {problem}" for problem in problems[:_SHOWN])
    return IntegrityError(
        f"{name}: MLflow's copy of {what} is not the bundle {digest[:19]}…:\n{listed}",
        hint=f"load nothing from there; find out who wrote it, then: mlops repair {name} --registry",
    )
