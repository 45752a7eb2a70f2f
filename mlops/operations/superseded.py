"""What an earlier release had in Git and this one does not: the catalogue stage's lock and its output.

They bear no first line of the compiler's, so a compile says what to type instead of removing them; an upgrade, which is
reviewed as a whole, removes them. Only what no person could have meant otherwise is taken for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from mlops.documents.document import version
from mlops.errors import MlopsError
from mlops.operations.dvc.lock import parse_lock


def superseded(root: Path) -> tuple[str, ...]:
    """List what is there of it."""
    return tuple(path for path, known in _KNOWN.items() if (root / path).is_file() and _is(known, root, path))


def removal(paths: tuple[str, ...]) -> str:
    """Say what to type, whether Git has them or not."""
    return f"git rm -q --force --ignore-unmatch {' '.join(paths)} && rm -f {' '.join(paths)}"


def _is(known: Callable[[bytes, str], bool], root: Path, path: str) -> bool:
    try:
        return known((root / path).read_bytes(), path)
    except (MlopsError, ValueError):
        return False


def _lock(data: bytes, path: str) -> bool:
    return [s.command.endswith(" mlops stage catalogue") for s in parse_lock(data, path).values()] == [True]


def _catalogue(data: bytes, _: str) -> bool:
    return version(data) == 1 and set(json.loads(data)) == {"schema_version", "pipelines"}


_KNOWN = {"dvc.lock": _lock, "pipelines/catalogue.json": _catalogue}
PATHS = tuple(_KNOWN)
