"""The ledgers of a repository: as they lie in the work tree, and as a commit has them."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from mlops.errors import InfrastructureError
from mlops.files.relative import NAME, trouble
from mlops.ledger.entry import LARGEST
from mlops.ledger.line import Damage, Line, places
from mlops.operations.git import files_at, git

Lines = dict[str, Line]
"""The lines of a pipeline, by place; what lies beside them stands under ""."""
TOP = "ledger"


def lines_here(root: Path, name: str) -> Lines:
    """Read the ledger of a pipeline in the work tree; no link is followed, and nothing but a plain file is opened."""
    folder = root / "pipelines" / name
    broken = [Damage(f"../{item}", "is another spelling of `ledger`") for item in _others(folder)]
    top = folder / TOP
    found: dict[str, dict[str, bytes | None]] = {}
    if _is(top, stat.S_ISDIR):
        for item in sorted(os.scandir(top), key=lambda item: item.name):
            if item.is_dir(follow_symlinks=False) and NAME.fullmatch(item.name):
                found[item.name] = _files(Path(item.path))
            elif not item.name.startswith("."):
                broken.append(Damage(item.name, "is no folder of a ledger"))
    elif _is(top, lambda _: True):
        broken.append(Damage("", "is no folder"))
    lines = {place: Line.of(name, place, files) for place, files in found.items()}
    return lines | ({"": Line(name, "", {}, tuple(broken))} if broken else {})


def lines_at(root: Path, commit: str, names: Iterable[str]) -> dict[str, Lines]:
    """Read ledgers of pipelines as a commit has them, in two processes however many there are.

    Raises:
        InfrastructureError: Git cannot tell: silence would pass for a ledger that was never begun.
    """
    wanted = sorted(names)
    paths = tree(root, commit, [f"pipelines/{name}/{TOP}" for name in wanted]) if wanted else ()
    texts = files_at(root, commit, paths)
    lines: dict[str, Lines] = {}
    for name in wanted:
        found: dict[str, dict[str, bytes | None]] = {}
        for place, file in places(paths, name):
            found.setdefault(place, {})[file] = texts.get(f"pipelines/{name}/{TOP}/{place}/{file}")
        lines[name] = {place: Line.of(name, place, files) for place, files in found.items()}
    return lines


def tree(root: Path, commit: str, folders: Iterable[str]) -> tuple[str, ...]:
    """List the files of folders as a commit has them; raises InfrastructureError where Git cannot tell."""
    done = git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", *folders)
    if done.returncode:
        raise InfrastructureError(f"git cannot read {commit[:8]}", hint="git fetch --unshallow")
    return tuple(path for path in done.stdout.decode(errors="surrogateescape").split("\0") if path)


def read_plain(path: Path) -> bytes | None:
    """Read a file that is one; None for a link, a pipe or a folder, and where there is nothing."""
    try:
        if not _is(path, stat.S_ISREG):
            return None
        with path.open("rb") as file:
            return file.read()
    except OSError:
        return None


def read_within(root: Path, file: str) -> bytes | None:
    """Read a plain file of the repository by its path from the root; None where that leaves it or goes by a link."""
    parts = file.split("/")
    way = (root.joinpath(*parts[:end]) for end in range(1, len(parts)))
    return None if trouble(file) or not all(_is(step, stat.S_ISDIR) for step in way) else read_plain(root / file)


def _files(folder: Path) -> dict[str, bytes | None]:
    return {
        item.name: _entry(Path(item.path))
        for item in sorted(os.scandir(folder), key=lambda item: item.name)
        if not item.name.startswith(".")
    }


def _entry(path: Path) -> bytes | None:
    if not _is(path, stat.S_ISREG):
        return None
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _is(path: Path, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(path.lstat().st_mode)
    except OSError:
        return False


def _others(folder: Path) -> list[str]:
    """Find names that some system takes for the ledger's."""
    try:
        there = [item.name for item in folder.iterdir()]
    except OSError:
        return []
    return sorted(name for name in there if name != TOP and _folded(name) == TOP)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).rstrip(". ").casefold()
