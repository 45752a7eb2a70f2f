"""What DVC recorded of the last run of a pipeline."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.errors import IntegrityError
from mlops.files.plain_yaml import parse


@dataclass(frozen=True)
class LockedStage:
    """One stage of a `dvc.lock`: what it ran with and what came out, by MD5."""

    command: str
    section: dict[str, Any]
    inputs: dict[str, str]
    outputs: dict[str, str]


def read_lock(root: Path, folder: str) -> dict[str, LockedStage]:
    """Read the `dvc.lock` of a folder; empty where there is none.

    Raises:
        IntegrityError: the file is damaged.
    """
    path = root / folder / "dvc.lock"
    if not path.is_file():
        return {}
    shown = f"{folder}/dvc.lock"
    value = parse(path.read_bytes(), shown)
    try:
        return {name: _stage(name, stage) for name, stage in value["stages"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{shown} is damaged", hint=f"take it back from Git: git checkout -- {shown}") from error


def md5_file(path: Path) -> str:
    """Give a file the name DVC gives it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _stage(name: str, stage: dict[str, Any]) -> LockedStage:
    """Raises KeyError, TypeError or AttributeError where a part of the file was cut off."""
    params = stage.get("params", {"params.yaml": {}})
    section = params["params.yaml"].get(name, {}) if name != "catalogue" else {}
    if not isinstance(section, dict) or not isinstance(stage["cmd"], str):
        raise TypeError(name)
    return LockedStage(stage["cmd"], section, _digests(stage.get("deps", [])), _digests(stage["outs"]))


def _digests(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {entry["path"]: _text(entry["md5"]) for entry in entries}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
