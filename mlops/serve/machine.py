"""What a server asks of the process it is, and of the machine: memory that is kept, files that may be open."""

from __future__ import annotations

import ctypes
import gc
import resource
from contextlib import suppress

from mlops.errors import InfrastructureError

_TRIM, _MAP = -1, -3  # of <malloc.h>: how much is kept at the end, and what is asked of the kernel alone
_KEPT = 8 << 20  # bytes
_OBJECTS = 20_000  # made since the last search of the young ones for those that hold each other
_OTHER_FILES = 64  # that a server has open beside its connections


def spare_the_collector() -> None:
    """Set what was loaded aside: rows of a request are many objects, for which all of it would be searched again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 10, 10)


def keep_memory() -> None:
    """Have the C library keep what a request gave back: asked of the kernel anew, each page of it costs a fault."""
    with suppress(AttributeError, OSError):  # another library than GNU's
        tune = ctypes.CDLL(None).mallopt
        tune(_TRIM, _KEPT)
        tune(_MAP, _KEPT // 2)


def make_room(connections: int) -> None:
    """Allow this process as many open files as it may have connections; raises InfrastructureError."""
    wanted = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise InfrastructureError(
                f"{connections:,} connections need {wanted:,} open files, and this process may have {hard:,}",
                hint=f"ulimit -n {wanted}, or fewer: --limit connections={max(1, hard - _OTHER_FILES)}",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
