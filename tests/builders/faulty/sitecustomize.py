"""Calls out of a process are counted, and one is spoilt. Python imports this where the folder is on PYTHONPATH.

FAULT_COUNT is a file that grows by a byte a call, in whichever process: `w` for one that needs room on the disk, else
`.`; FAULT_ROOT is the folder whose files count.
FAULT_AT is the number of the call that FAULT_KIND spoils: `kill` ends its process as a lack of memory does, `full`
refuses it as a full disk does. That it did is told by a file beside FAULT_COUNT.
"""

from __future__ import annotations

import errno
import os
import pathlib
import signal
import sqlite3
import sys
import threading
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate")
_TAKES_ROOM = ("open", "os.rename", "os.mkdir", "os.link", "os.symlink")
_SQL = ("insert", "update", "delete", "commit", "create")
_count = os.environ.get("FAULT_COUNT", "")
_root = os.environ.get("FAULT_ROOT", "")
_at = int(os.environ.get("FAULT_AT") or -1)
_kind = os.environ.get("FAULT_KIND", "")
_inside = threading.local()


def _counted(takes_room: bool) -> int:
    """Say which call this is, of all processes."""
    file = os.open(_count, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, b"w" if takes_room else b".")
        return os.lseek(file, 0, os.SEEK_CUR)
    finally:
        os.close(file)


def _here(path: Any) -> bool:
    return isinstance(path, (str, bytes)) and os.path.abspath(os.fsdecode(path)).startswith(_root)  # noqa: PTH100


def _goes_out(event: str, given: tuple[Any, ...]) -> bool:
    if event == "open":
        return isinstance(given[2], int) and bool(given[2] & _WRITING) and _here(given[0])
    if event in _CHANGES:
        return _here(given[0])
    return event in ("subprocess.Popen", "socket.connect")


def _spoil(takes_room: bool, path: Any) -> None:
    if _counted(takes_room) != _at or (_kind == "full" and not takes_room):
        return
    pathlib.Path(f"{_count}.spoilt").touch()
    if _kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if _kind == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def _statement(text: str) -> None:
    if not getattr(_inside, "hook", False) and text.lstrip().lower().startswith(_SQL):
        _guarded(False, None)


def _guarded(takes_room: bool, path: Any) -> None:
    _inside.hook = True
    try:
        _spoil(takes_room, path)
    finally:
        _inside.hook = False


def _hook(event: str, given: tuple[Any, ...]) -> None:
    if getattr(_inside, "hook", False):
        return
    if _goes_out(event, given):
        _guarded(event in _TAKES_ROOM, given[0])


def _traced(*given: Any, **named: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = _connect(*given, **named)
    connection.set_trace_callback(_statement)
    return connection


if _count:
    _connect = sqlite3.connect
    sqlite3.connect = sqlite3.dbapi2.connect = _traced  # type: ignore[assignment]
    sys.addaudithook(_hook)
