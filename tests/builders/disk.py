"""A disk that refuses: whatever Python writes below a folder ends as on a disk that is full, read-only or another's.

An audit hook is where every way of opening a file comes by; it can be switched off, but not taken away.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_refused: list[tuple[str, int]] = []
_installed: list[bool] = []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have the system refuse every byte of a file beyond some; what runs beside the tests is refused nothing."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def refusing(folder: Path, number: int) -> Iterator[None]:
    """Refuse to write below a folder, with the system's `number`."""
    if not _installed:
        sys.addaudithook(_hook)
        _installed.append(True)
    _refused.append((str(folder), number))
    try:
        yield
    finally:
        _refused.pop()


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _refused or not _writes(event, arguments):
        return
    path = os.fspath(arguments[0])
    for folder, number in _refused:
        if isinstance(path, str) and Path.cwd().joinpath(path).as_posix().startswith(folder):
            raise OSError(number, os.strerror(number), path)


def _writes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return not isinstance(arguments[0], int) and bool((arguments[2] or 0) & _WRITING)
    return event in ("os.mkdir", "os.rename")
