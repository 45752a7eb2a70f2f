"""Symbolic links below `conf/`: one that leads out of the repository would have foreign files read, and shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mlops.diagnostics import Diagnostic, Position


@dataclass(frozen=True)
class Links:
    """The links of one project's `conf/`, looked for once."""

    root: Path

    @cached_property
    def home(self) -> str:
        """The root, links on the way to it followed."""
        return os.path.realpath(self.root)

    @cached_property
    def all(self) -> frozenset[str]:
        """Every link, from the root; what lies behind one is not looked through."""
        if (self.root / "conf").is_symlink():
            return frozenset({"conf"})
        return frozenset(_below(f"{self.root}/conf", "conf"))

    def refused(self, path: str) -> Diagnostic | None:
        """Refuse a path, from the root, that leaves the repository on the way over a link."""
        parts = path.split("/")
        if not any("/".join(parts[:end]) in self.all for end in range(1, len(parts) + 1)):
            return None
        place = os.path.realpath(f"{self.root}/{path}")
        if place.startswith(self.home + os.sep):
            return None
        message, hint = "a symbolic link leads out of the repository", "put the file or folder itself there"
        return Diagnostic(Position(path), message, hint, "path-outside")

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Refuse every link that leads out, read or not."""
        return tuple(found for path in sorted(self.all) if (found := self.refused(path)) is not None)


def _below(folder: str, shown: str) -> list[str]:
    found: list[str] = []
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return found
    for entry in entries:
        name = f"{shown}/{entry.name}"
        if entry.is_symlink():
            found.append(name)
        elif entry.is_dir():
            found += _below(entry.path, name)
    return found
