"""An upgrade rehearsed beside the work tree: the repository as it would be, built in a folder of its own.

Every file is the same file under a second name; whatever is written replaces a name, so that the work tree never sees
it. Only what came out is then put into the work tree, or proposed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_LEFT_OUT = frozenset({".git", ".mlops", "__pycache__"})
_CACHES = frozenset({".dvc/cache", ".dvc/tmp"})


@contextmanager
def rehearsal(root: Path) -> Iterator[Path]:
    """Give a copy of a repository without its history, environments, and what runs made; gone afterwards."""
    (root / ".mlops").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=root / ".mlops", prefix="upgrade-") as name:
        copy = Path(name)
        _fill(root, copy)
        yield copy


def _fill(root: Path, copy: Path) -> None:
    for where, folders, names in os.walk(root):
        here = Path(where)
        inside = here.relative_to(root)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if name not in linked and not _left_out(here / name, inside / name)]
        for name in folders:
            (copy / inside / name).mkdir()
        for name in (*names, *linked):
            if name not in _LEFT_OUT:  # `.git` is a file in a work tree of its own: Git would take the copy for it
                _second_name(here / name, copy / inside / name)


def _left_out(folder: Path, inside: Path) -> bool:
    if inside.parts[:1] == ("pipelines",) and inside.parts[2:] == ("artifacts",):
        return True
    return folder.name in _LEFT_OUT or inside.as_posix() in _CACHES or (folder / "pyvenv.cfg").is_file()


def _second_name(path: Path, other: Path) -> None:
    try:
        os.link(path, other, follow_symlinks=False)
    except OSError:  # a file system without hard links, or a file that belongs to somebody else
        shutil.copy2(path, other, follow_symlinks=False)
