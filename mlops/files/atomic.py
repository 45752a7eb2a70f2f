"""Files that are old or new, never half: write beside, flush to disk, rename."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.files.system import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PART, _REPLACED = ".part", ".old"
_OURS = re.compile(r"\..+\.[a-z0-9_]{8}\.(part|old)", re.DOTALL)  # as `tempfile` names what is made below


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step, making its folder if needed."""
    with writing(path) as temporary:
        temporary.write_bytes(data)


def bytes_of(path: Path) -> bytes | None:
    """Read a file; None where there is none."""
    return path.read_bytes() if path.is_file() else None


def write_text(path: Path, text: str) -> None:
    """Replace `path` by UTF-8 `text` with Unix newlines in one step."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` that becomes `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path):
        descriptor, temporary = _claim(path, _new_file)
    try:
        with naming(path):
            yield temporary
            flush(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def writing_folder(final: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside `final` that becomes `final` when the block ends well.

    No system replaces a folder that is not empty in one step: for a moment there is none, but never half of one.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with naming(final):
        descriptor, temporary = _claim(final, _new_folder)
    replaced = temporary.with_suffix(_REPLACED)
    temporary.chmod(0o755)
    try:
        with naming(final):
            yield temporary
            for file in sorted(temporary.rglob("*")):
                if file.is_file():
                    flush(file)
            if final.exists():
                final.replace(replaced)
            temporary.replace(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
        os.close(descriptor)


def _claim(path: Path, make: Callable[[Path], tuple[int, Path]]) -> tuple[int, Path]:
    """Make something new beside `path`, locked while its descriptor is open, and delete what the killed left there."""
    _sweep(path.parent.absolute())
    while True:
        try:
            descriptor, temporary = make(path)
        except FileNotFoundError:  # somebody swept what nobody had locked yet
            if path.parent.is_dir():
                continue
            raise
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, temporary
        os.close(descriptor)


def _new_file(path: Path) -> tuple[int, Path]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
    return descriptor, Path(name)


def _new_folder(path: Path) -> tuple[int, Path]:
    name = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
    return os.open(name, os.O_RDONLY), Path(name)


@cache
def _sweep(folder: Path) -> None:
    """Delete what writers that were killed left in a folder: what nobody holds a lock on is nobody's.

    Once a process: a folder of a log has a hundred thousand files, and each is written by itself.
    """
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if _OURS.fullmatch(entry.name)]
    for name in left:
        if name.endswith(_REPLACED):
            shutil.rmtree(name, ignore_errors=True)
        elif name.endswith(_PART):
            with suppress(OSError):
                _delete_unlocked(Path(name))


def _delete_unlocked(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(descriptor)


def flush(path: Path) -> None:
    """Have a file's bytes on the disk before its name is given away."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
