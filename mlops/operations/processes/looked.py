"""Files by their bytes, read again only where their size, time or inode moved since they were read the last time.

DVC goes by the same, and by more: what it fetched has the name it was asked for, whatever its bytes are. So whoever
wants to be sure reads `whole`, as a job of CI always does: it has just fetched, and remembers nothing.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from mlops.operations.digests.cache import keep, recall
from mlops.operations.dvc.lock import md5_file, md5_tree

_SETTLED = 2_000_000_000  # nanoseconds: what was written so shortly ago may be written again within one tick
_KEY = "1"

Seen = dict[str, list[int | str]]


def in_ci() -> bool:
    """Whether this is a job of CI, which says so by the variable `CI`."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


class Looked:
    """What is known of the files of one pipeline: their MD5, which DVC names them by, at a size, time and inode."""

    def __init__(self, root: Path, name: str, *, whole: bool = False) -> None:
        """Read what was kept of pipeline `name`; with `whole`, or in CI, nothing is taken from it."""
        self._root, self._place = root, f"bytes/{name}"
        self._kept: Seen = recall(root, self._place, _KEY) or {}
        self._known: Seen = {} if whole or in_ci() else dict(self._kept)

    def tree(self, path: Path) -> str | None:
        """Give a file or folder the name DVC gives it; None where it is not there."""
        return md5_tree(path, self.file)

    def file(self, path: Path) -> str:
        """Give the MD5 of a file's bytes."""
        shown = os.path.relpath(path, self._root)
        status = path.stat()
        now: list[int | str] = [status.st_size, status.st_mtime_ns, status.st_ino]
        if (known := self._known.get(shown)) is not None and known[:3] == now:
            return str(known[3])
        found = md5_file(path)
        if status.st_mtime_ns + _SETTLED < time.time_ns():
            self._known[shown] = [*now, found]
        return found

    def keep(self) -> None:
        """Remember it for the next time, without what is gone."""
        found = {path: value for path, value in (self._kept | self._known).items() if (self._root / path).is_file()}
        if found != self._kept:
            keep(self._root, self._place, _KEY, found)
            self._kept = found
