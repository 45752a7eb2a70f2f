"""Results kept under `.mlops/cache`: JSON, named by a key that holds digests of everything the result depends on.

A file that is damaged, or has another key, counts as absent: the result is then made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mlops.files.atomic import write_bytes

PACKAGE = Path(__file__).parents[2]


def recall(root: Path, name: str, key: str) -> Any:
    """Give what was kept under a key; None where there is nothing to rely on."""
    try:
        head, _, body = _place(root, name).read_bytes().partition(b"\n")
        if head.decode("ascii") != f"{key} {hashlib.sha256(body).hexdigest()}":
            return None
        return json.loads(body)
    except (OSError, ValueError):
        return None


def keep(root: Path, name: str, key: str, value: Any) -> None:
    """Keep a JSON value under a key; a folder that cannot be written to keeps nothing."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        write_bytes(_place(root, name), f"{key} {hashlib.sha256(body).hexdigest()}\n".encode("ascii") + body)
    except OSError:
        return


def digest_of(*parts: bytes) -> str:
    """Name several pieces of content by one digest; their borders count."""
    found = hashlib.sha256()
    for part in parts:
        found.update(b"%d\n" % len(part) + part)
    return found.hexdigest()


@cache
def framework() -> str:
    """Name the program itself: every file of the package, the interpreter, the YAML library."""
    found = hashlib.sha256(f"{platform.python_version()} {yaml.__version__}\n".encode())
    for path in files_below(PACKAGE):
        if path.endswith((".py", ".yaml", ".html", ".css")):
            data = Path(path).read_bytes()
            found.update(f"{path[len(str(PACKAGE)) :]} {len(data)}\n".encode() + data)
    return found.hexdigest()


def files_below(folder: Path) -> list[str]:
    """List the files of a folder and its folders, sorted; links to folders are not followed."""
    return sorted(f"{where}/{name}" for where, _, names in os.walk(folder) for name in names)


def _place(root: Path, name: str) -> Path:
    return root / ".mlops" / "cache" / f"{name}.json"
