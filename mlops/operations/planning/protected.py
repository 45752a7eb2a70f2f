"""What a change does to files that the policy's owners review: who judges, by what rules, with what program."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlops.compiler.lower.owners import protected
from mlops.configuration.project import Project
from mlops.files.atomic import bytes_of
from mlops.files.plain_yaml import Values
from mlops.operations.declared.policy import FILE
from mlops.operations.git import files_at
from mlops.operations.language.keys import Keys
from mlops.operations.planning.difference import Change, differences
from mlops.operations.planning.documents import mapping

POLICY_CHANGE = "policy-change"
_READ = (FILE, "conf/project.yaml")
_REMOTES = ".dvc/config"
_FEW = 5  # files of one folder that are named one by one
_LOGIN = re.compile(r"(?<=//)[^/@\s]+(?=@)")


def protected_notes(root: Path, commit: str, changed: Iterable[str], project: Project) -> tuple[str, ...]:
    """Say what a change does to protected files; layout and comments of what is read here are nothing."""
    names = sorted(changed)
    old = files_at(root, commit, [path for path in (*_READ, _REMOTES) if path in names])
    notes: list[str] = []
    for place in sorted(pattern.lstrip("/") for pattern in protected(project.ci.install, project.engines)):
        found = [path for path in names if (path.startswith(place) if place.endswith("/") else path == place)]
        for path in found if len(found) <= _FEW else ():
            notes += _said(path, old.get(path), bytes_of(root / path))
        if len(found) > _FEW:
            notes.append(f"{place}: {len(found):,} files changed")
            notes += _said(_REMOTES, old.get(_REMOTES), bytes_of(root / _REMOTES)) if _REMOTES in found else []
    return tuple(notes)


def _said(path: str, old: bytes | None, new: bytes | None) -> Iterator[str]:
    if path in _READ:
        yield from _keys(path, mapping(old, path), mapping(new, path))
    elif path == _REMOTES:
        yield from _remotes(path, _sections(old), _sections(new))
    else:
        yield f"{path} changed"


def _keys(path: str, old: Values, new: Values) -> Iterator[str]:
    for change in _leaves(old, new):
        yield f"{path}: {'.'.join(map(str, change.path))} {_moved(change)}"


def _remotes(path: str, old: Values, new: Values) -> Iterator[str]:
    """Give addresses; of all other settings only that they changed: some are what somebody logs in with."""
    for change in _leaves(old, new):
        key = ".".join(map(str, change.path))
        yield f"{path}: {key} {_moved(change) if change.path[-1] == 'url' else 'changed'}"


def _moved(change: Change) -> str:
    return _LOGIN.sub("…", f"{change.before} → {change.after}")


def _leaves(old: Values, new: Values, path: Keys = ()) -> Iterator[Change]:
    """Find what differs, key by key even of what one side lacks."""
    for change in differences(old, new, path):
        sides = [value if isinstance(value, dict) else {} for value in (change.before, change.after)]
        if any(sides):
            yield from _leaves(sides[0], sides[1], change.path)
        else:
            yield change


def _sections(data: bytes | None) -> dict[str, dict[str, str]]:
    """Read a configuration of DVC's; what cannot be read is one section of its own, so that it differs."""
    text = (data or b"").decode(errors="replace")
    read = configparser.ConfigParser(interpolation=None)
    try:
        read.read_string(text)
    except configparser.Error:
        return {"(not readable)": {"text": text}}
    return {name.strip("'").replace('"', "").replace(" ", "."): dict(read[name]) for name in read.sections()}
