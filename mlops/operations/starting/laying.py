"""Putting many files into a folder, all or nothing, whatever stops it.

Everything is built in `.mlops-init` inside the folder, then moved out entry by entry, `conf` last: only a folder with
`conf/project.yaml` is a repository of this product. A list of what was built, with digests, is there before the first
move, so that whoever comes after a kill knows which files are these and takes them back.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.files.atomic import write_bytes
from mlops.files.system import CURES

STAGE = ".mlops-init"
_LIST = "list.json"
_LAST = "conf"
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def lay(folder: Path, build: Callable[[Path], None]) -> tuple[str, ...]:
    """Let `build` fill an empty folder, and move what it made into `folder`; list the files, sorted.

    On any failure `folder` is as it was, and absent if it was absent.

    Raises:
        ConfigurationError: something stands where an entry belongs.
        InfrastructureError: the folder cannot be written; another process lays something there now.
    """
    try:
        with ExitStack() as undo:
            undo.callback(_remove_empty, _missing(folder))
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder) as stage:
                (stage / "new").mkdir()
                build(stage / "new")
                moved = _move(stage, folder)
            undo.pop_all()
            return moved
    except OSError as error:
        raise _unwritable(folder, error) from error


def leftover(folder: Path) -> tuple[str, ...]:
    """List the files that a killed `lay` moved into a folder and nobody changed since."""
    try:
        listed: dict[str, str] = json.loads((folder / STAGE / _LIST).read_bytes())
    except (OSError, ValueError):
        return ()
    return tuple(path for path, digest in sorted(listed.items()) if _digest(folder / path) == digest)


def take_back(folder: Path) -> None:
    """Remove what a killed `lay` left in a folder; what somebody changed since stays.

    Raises:
        InfrastructureError: it is not dead but at work; the folder cannot be written.
    """
    if not (folder / STAGE).is_dir():
        return
    try:
        with _alone(folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Give an empty stage that no other process uses; what a killed one left is taken back, before and after."""
    stage = folder / STAGE
    stage.mkdir(exist_ok=True)
    held = os.open(stage, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait until it is done"
            raise InfrastructureError(f"{folder}: another `mlops init` is at work there", hint=hint) from error
        _undo(folder)
        with ExitStack() as last:
            last.callback(_clear, stage)
            with ExitStack() as undo:
                undo.callback(_undo, folder)
                yield stage
                undo.pop_all()
    finally:
        os.close(held)


def _clear(stage: Path) -> None:
    """Remove the stage, the list last: until it is gone, whoever comes after a kill takes everything back."""
    for entry in stage.iterdir():
        if entry.name != _LIST:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    (stage / _LIST).unlink(missing_ok=True)
    stage.rmdir()


def _undo(folder: Path) -> None:
    stage = folder / STAGE
    for path in leftover(folder):
        (folder / path).unlink()
        for above in (folder / path).relative_to(folder).parents[:-1]:
            if any((folder / above).iterdir()):
                break
            (folder / above).rmdir()
    shutil.rmtree(stage / "new", ignore_errors=True)
    (stage / _LIST).unlink(missing_ok=True)


def _move(stage: Path, folder: Path) -> tuple[str, ...]:
    new = stage / "new"
    files = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    files = [path for path in files if not path.startswith(".git/")]
    write_bytes(stage / _LIST, json.dumps({path: _digest(new / path) for path in files}).encode())
    with ExitStack() as undo:
        for entry in sorted(new.iterdir(), key=lambda entry: (entry.name == _LAST, entry.name)):
            target = folder / entry.name
            if os.path.lexists(target):
                raise ConfigurationError(f"{target} is in the way", hint="move it away, then run it again")
            entry.rename(target)
            undo.callback(_remove, target)
        undo.pop_all()
    return tuple(files)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _missing(folder: Path) -> list[Path]:
    """List the folders that making `folder` would make, the deepest first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove_empty(folders: list[Path]) -> None:
    for path in folders:
        try:
            path.rmdir()
        except OSError:
            return


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _unwritable(folder: Path, error: OSError) -> MlopsError:
    hint = CURES[error.errno] if error.errno in _OF_THE_DISK else "name a folder that you may write to"
    said = (error.strerror or str(error)).lower()
    return InfrastructureError(f"{folder} cannot be written: {said}", hint=f"{hint}; nothing is left of this try")
