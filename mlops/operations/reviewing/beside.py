"""A change put beside the repository that judges it: as data, without what a job installs, keeps or is steered by.

Nothing of the change's own `.venv`, `.mlops` and `.dvc` is left: the remote and its settings are those of the judge. No
link leads out of it, or to where Git or DVC would be steered from.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.atomic import write_bytes
from mlops.operations.git import git

_INSTALLED = (".venv", ".mlops")
_REPLACED = (*_INSTALLED, ".dvc")
_STEERING = (".git", *_REPLACED)
_LINK = "120000"


def put_beside(root: Path, change: Path) -> None:
    """Make a checkout of a change fit to be judged from `root`, another checkout of the same repository.

    Raises:
        ConfigurationError: it brings what only a job may make, or a link that leads out of it; nothing was touched.
        InfrastructureError: it is no checkout, or the very one that judges.
    """
    if change.is_symlink() or not (change / ".git").exists() or change.resolve() == root.resolve():
        raise InfrastructureError(f"{change} is no checkout of a change", hint="git clone, or git worktree add")
    refused = [*_brought(change), *_leading_out(change)]
    if refused:
        raise ConfigurationError("\n".join(refused), hint="git rm --cached them, and commit that")
    for name in _REPLACED:
        _remove(change / name)
    kept = _tracked(root, ".dvc")
    for path in kept or (".dvc/config",):
        write_bytes(change / path, (root / path).read_bytes() if kept else b"")


def _brought(change: Path) -> Iterator[str]:
    for name in _INSTALLED:
        if found := _tracked(change, name):
            yield f"{found[0]} comes with the change: what is in {name} is made where it is used"


def _leading_out(change: Path) -> Iterator[str]:
    """Find links to anywhere but the files of the change itself."""
    top = change.resolve()
    for line in git(change, "ls-files", "-z", "--stage").stdout.decode(errors="surrogateescape").split("\0"):
        said, _, path = line.partition("\t")
        if not said.startswith(_LINK):
            continue
        try:
            inside = (change / path).resolve().relative_to(top)
        except (ValueError, OSError, RuntimeError):  # the last two: links in a circle
            yield f"{path!r} leads out of the change"
            continue
        if inside.parts[:1] and inside.parts[0] in _STEERING:
            yield f"{path!r} leads into {inside.parts[0]}"


def _tracked(root: Path, folder: str) -> tuple[str, ...]:
    """List what Git tracks of a folder, or of a file or link of that name."""
    done = git(root, "ls-files", "-z", "--", folder)
    if done.returncode:
        raise InfrastructureError(f"git cannot list the files of {root}", hint="git status there says why")
    return tuple(path for path in done.stdout.decode(errors="surrogateescape").split("\0") if path)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
