"""How this process takes memory from the system: what it frees is kept for what it asks for next.

Training takes and frees the same large arrays thousands of times. Left alone, the C library gives each back to the
system, which has to find and clear new pages for the next: a sixth of the time of a small network's training.
"""

from __future__ import annotations

import ctypes
import sys

# Parameters of glibc's `mallopt`, and the greatest value that it takes for the second.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _TOP_PAD = -1, -3, -2
_LARGEST_IN_HEAP = 32 << 20
_NEVER = (1 << 31) - 1


def keep() -> None:
    """Keep freed memory, where the C library can be told so; elsewhere nothing changes."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in ((_MMAP_THRESHOLD, _LARGEST_IN_HEAP), (_TRIM_THRESHOLD, _NEVER), (_TOP_PAD, 64 << 20)):
            mallopt(parameter, value)
