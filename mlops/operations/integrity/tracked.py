"""Data that a `.dvc` file beside it names: read by a stage, written by none, so that no run can make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops.errors import IntegrityError
from mlops.files.dvc_cache import placed
from mlops.files.plain_yaml import parse
from mlops.operations.integrity.damage import ASIDE, aside, touch
from mlops.operations.processes.looked import Looked


def look_again(place: Path, recorded: str | None, looked: Looked) -> None:
    """Have DVC read again what a run was recorded with and what is something else now: a file, or a folder of them."""
    if place.exists() and looked.tree(place) != recorded:
        for file in [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file()):
            touch(file)


def refuse_damaged(root: Path, cache: Path, place: Path, looked: Looked) -> None:
    """Refuse data that came damaged out of DVC's cache; both copies are moved aside, so that nothing learns from them.

    Data that somebody changed on purpose has no bad object in the cache, and is a change like any other.

    Raises:
        IntegrityError: it did.
    """
    digest = _named(place)
    kept = None if digest is None else placed(cache, digest)
    if digest is None or kept is None or not kept.is_file() or looked.file(kept) == digest:
        return
    where = aside(root, kept, digest)
    same = place.is_file() and looked.file(place) == looked.file(root / where)
    if same:
        aside(root, place, f"{digest}.copy")
    shown = place.relative_to(root).as_posix()
    raise IntegrityError(
        f"{shown} is not what {shown}.dvc names: DVC's cache had other bytes, which are in {ASIDE} now",
        hint=f"dvc pull {shown}.dvc; if the remote has the same bytes, put the right file back and delete those",
    )


def _named(place: Path) -> str | None:
    """Read the MD5 that a `.dvc` file beside a file has for it; None where there is no such thing."""
    path = place.with_name(f"{place.name}.dvc")
    if path.is_symlink() or not path.is_file():
        return None
    value: Any = parse(path.read_bytes(), path.name)
    outs = value.get("outs") if isinstance(value, dict) else None
    found = [out.get("md5") for out in outs or () if isinstance(out, dict) and out.get("path") == place.name]
    return str(found[0]) if found and isinstance(found[0], str) and not found[0].endswith(".dir") else None
