"""How much work something is, counted instead of timed: the same on any machine, however busy it is."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any


def calls(function: Callable[[], Any]) -> int:
    """Count the calls of Python and C functions that a call of `function` comes to."""
    made = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return made


def memory(function: Callable[[], Any]) -> int:
    """Measure the most bytes that a call of `function` holds at once, beside what was held before."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def processor_time(function: Callable[[], Any]) -> float:
    """Measure the seconds of this process's own work: good only for a ratio to other work done here and now.

    What a busy machine adds to it (shared caches, a second thread on the core) only makes it longer.
    """
    begun = time.process_time()
    function()
    return time.process_time() - begun
