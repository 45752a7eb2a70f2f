"""What a repository runs on before an upgrade, and whether it can be moved from there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from packaging.version import Version

from mlops.configuration.reading.parse import read
from mlops.errors import ConfigurationError, IntegrityError
from mlops.operations.git import changed_files, commit_of
from mlops.operations.starting.pin import FILE, Pin, Requirements, parse

_SHOWN = 5


def stand(root: Path) -> Requirements:
    """Read what a repository is pinned to; nothing of its other YAML, whose form may be that of another release.

    Raises:
        ConfigurationError: it installs in another way, it has changes that are not committed, or its pin is gone.
        IntegrityError: the wheel that it keeps is not the one that it pins.
    """
    if _installs(root) == "make":
        message = (
            "this repository installs by `make setup` (`ci: {install: make}` in conf/project.yaml): it pins no wheel"
        )
        raise ConfigurationError(
            message, hint="move the release where `make setup` has it from, then run mlops compile"
        )
    commit_of(root, "HEAD")
    _refuse_changes(root)
    place = root / FILE
    if not place.is_file():
        hint = f"git log --oneline -- {FILE} lists who had it; where none did, mlops init begins a repository"
        raise ConfigurationError(f"{FILE} is not there: it says which release a repository runs on", hint=hint)
    found = parse(place.read_text(encoding="utf-8"))
    if found.pin.file:
        _hold(root, found.pin)
    return found


def refuse_downgrade(before: Pin, after: Pin) -> None:
    """Refuse an older release, and other bytes under a version of an index.

    Raises:
        ConfigurationError: it is older.
        IntegrityError: an index has two wheels of one version.
    """
    if Version(after.version) < Version(before.version):
        message = f"mlops {after.version} is older than {before.version}, which {FILE} pins"
        raise ConfigurationError(message, hint="take the upgrade back with git revert")
    if after.version == before.version and not after.place and not before.place and after.digest != before.digest:
        said = f"{after.digest[:12]}…, and {FILE} pins {before.digest[:12]}…"
        message = f"the index that pip is set to has mlops {after.version} with the hash {said}"
        raise IntegrityError(message, hint="a version has one wheel: ask whoever keeps the index what happened")


def _installs(root: Path) -> str:
    place = root / "conf" / "project.yaml"
    value: Any = read("conf/project.yaml", place.read_bytes()).value if place.is_file() else None
    settings = value.get("ci") if isinstance(value, dict) else None
    return str(settings.get("install", "lock")) if isinstance(settings, dict) else "lock"


def _refuse_changes(root: Path) -> None:
    changed = sorted(changed_files(root, "HEAD", "."))
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        message = f"there are changes that are not committed: {', '.join(changed[:_SHOWN])}{more}"
        raise ConfigurationError(message, hint="commit them, or git stash -u")


def _hold(root: Path, pin: Pin) -> None:
    place = root / pin.file
    if not place.is_file():
        message = f"{FILE} pins ./{pin.file}, which is gone"
        hint = f"git log --oneline -- {pin.file} lists who had it: git checkout COMMIT -- {pin.file}, and commit it"
        raise ConfigurationError(message, hint=hint)
    found = hashlib.sha256(place.read_bytes()).hexdigest()
    if found != pin.digest:
        message = f"{pin.file} has the hash {found[:12]}…, but {FILE} says {pin.digest[:12]}…"
        raise IntegrityError(message, hint=f"git log -- {pin.file} {FILE} says who changed one without the other")
