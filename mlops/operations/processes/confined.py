"""A process shut in by the kernel, where that can: it reads what it is given, writes where it may, connects nowhere.

Linux has Landlock for that since 5.13; what is not allowed here stays forbidden for all that the process starts, and it
looks into no process outside (`/proc/…/environ` included). https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from mlops.errors import InfrastructureError

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the numbers of these calls are those of every processor
_ASK_VERSION, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_READ, _OF_A_FILE = 0b1101, 0b1100_0000_0000_0111  # execute, read a file, list a folder; what a file may be asked for
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights about files a version of Landlock knows, of which each is a bit."""
_CONNECTING, _SCOPES = 0b11, 0b11  # bind and connect by TCP; abstract sockets and signals to processes outside
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/sys")


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("place", ctypes.c_int32))


def version() -> int:
    """Say which version of Landlock the kernel has; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(_CREATE, None, 0, _ASK_VERSION))


def confine(read: Iterable[Path], write: Iterable[Path]) -> None:
    """Let this process, and whatever it starts, read some places and this Python's own, and write some; for good.

    Call it while the process has one thread: others are not shut in.

    Raises:
        InfrastructureError: the kernel does not do that.
    """
    known = version()
    if not known:
        raise InfrastructureError("this kernel has no Landlock", hint="a Linux of 5.13 or later has it")
    files = (1 << max(bits for since, bits in _RIGHTS.items() if since <= known)) - 1
    rules = _Rules(files, _CONNECTING if known >= 4 else 0, _SCOPES if known >= 6 else 0)
    shut = _done(_call(_CREATE, ctypes.byref(rules), ctypes.sizeof(rules), 0))
    try:
        own = map(Path, {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *_SYSTEM} - {""})
        for path in (*own, *read):
            _allow(shut, path, _READ & files)
        for path in write:
            _allow(shut, path, files)
        _done(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _done(_call(_RESTRICT, shut, 0))
    finally:
        os.close(shut)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # nothing to allow: it is not there
        return
    try:
        rule = _Rule(rights if path.is_dir() else rights & _OF_A_FILE, place)
        _done(_call(_ADD, rules, _BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(place)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(*arguments: object) -> int:
    return int(_libc().syscall(*(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)))


def _done(answer: int) -> int:
    if answer < 0:
        raise InfrastructureError(f"Landlock: {os.strerror(ctypes.get_errno())}")
    return answer
