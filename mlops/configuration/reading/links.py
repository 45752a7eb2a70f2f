"""What lies below `conf/` and cannot be read there: links that lead out of the repository, pipes, misspelt endings.

Behind such a link foreign files would be read, and shown; whoever opens a pipe waits for somebody who writes to it.
What people approve may be no link at all: Git follows none, so that approval, ledger and history would be of the link,
while another file, which nobody was asked about, says what counts. And a pipeline whose file ends in `.yml` would be no
pipeline, and nothing would be wrong.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote

from mlops.diagnostics import Diagnostic, Position

_ODD = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_APPROVED = ("conf/accept", "conf/policy.yaml", "conf/project.yaml", "conf/release", "conf/waiver")
"""What is read from Git as a commit has it, as well as from the disk."""
_ENDING = re.compile(r"\.(yml|yaml)$", re.IGNORECASE)
_CURE = "put the file or folder itself there"


@dataclass(frozen=True)
class Links:
    """The links of one project's `conf/`, and what else is not read there; looked for once."""

    root: Path

    @cached_property
    def home(self) -> str:
        """The root, links on the way to it followed."""
        return os.path.realpath(self.root)

    @cached_property
    def all(self) -> frozenset[str]:
        """Every link, from the root; what lies behind one is not looked through."""
        return frozenset(path for path, kind in self._found.items() if kind == stat.S_IFLNK)

    @cached_property
    def _found(self) -> dict[str, int]:
        """Everything that is neither file nor folder, or whose ending is misspelt, from the root, with its kind."""
        if (self.root / "conf").is_symlink():
            return {"conf": stat.S_IFLNK}
        return dict(_below(f"{self.root}/conf", "conf"))

    def refused(self, path: str) -> Diagnostic | None:
        """Refuse a path, from the root, that is no file or leaves the repository on the way over a link.

        On the way to what people approve, any link is refused.
        """
        if self._found.get(path, stat.S_IFLNK) != stat.S_IFLNK:
            return _odd(path, self._found[path])
        parts = path.split("/")
        way = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        if not any(step in self.all for step in way):
            return None
        place = os.path.realpath(f"{self.root}/{path}")
        if not place.startswith(self.home + os.sep):
            return Diagnostic(Position(path), "a symbolic link leads out of the repository", _CURE, "path-outside")
        if any(step in _APPROVED for step in way) or any(below.startswith(f"{path}/") for below in _APPROVED):
            message = "a symbolic link: Git follows none, and approval would be of the link"
            return Diagnostic(Position(path), message, _CURE, "path-outside")
        return None

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Refuse every link that leads out, and all that nothing reads, read or not."""
        return tuple(found for path in sorted(self._found) if (found := self.refused(path)) is not None)


def _odd(path: str, kind: int) -> Diagnostic:
    if kind == stat.S_IFREG:
        hint = f"mv {quote(path)} {quote(_ENDING.sub('.yaml', path))}"
        return Diagnostic(Position(path), "nothing reads it: files of conf/ end in `.yaml`", hint, "missing-file")
    message = f"{_ODD.get(kind, 'something else')} stands where only files and folders belong"
    return Diagnostic(Position(path), message, f"rm {quote(path)}", "missing-file")


def _below(folder: str, shown: str) -> Iterator[tuple[str, int]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        name = f"{shown}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, name)
        elif not entry.is_file(follow_symlinks=False):
            yield name, stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
        elif _ENDING.search(name) and not name.endswith(".yaml"):
            yield name, stat.S_IFREG
