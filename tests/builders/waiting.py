"""Waiting for what a test needs, however slow or busy the machine is.

A test waits for an event: a line that is printed, a file, an answer, the end of a process. `CEILING` is no expectation:
it ends a test that hangs, and is so long that no machine reaches it otherwise. `tests/unit/test_speed.py` keeps clocks,
pauses and other limits out of the tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

CEILING = 900.0  # seconds


def wait_until(holds: Callable[[], bool]) -> None:
    """Let another thread or process come to it; what never holds fails at the ceiling."""
    end = time.monotonic() + CEILING
    while not holds():
        assert time.monotonic() < end, "what the test waits for never came"
        time.sleep(0.005)


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a process in a group of its own; the group is killed when the block ends, or hangs until the ceiling."""
    process = subprocess.Popen(command, text=True, start_new_session=True, **options)
    hung = threading.Timer(CEILING, _kill, (process,))
    hung.daemon = True
    hung.start()
    with process:
        try:
            yield process
        finally:
            _kill(process)
            hung.cancel()


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    """Send a signal to a process that `started` gave, and wait until it has ended."""
    process.send_signal(number)
    return process.wait(CEILING)


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill a process with all that it started, and wait until none of them holds its standard output any more."""
    assert process.stdout is not None
    _kill(process)
    process.stdout.read()
    process.wait(CEILING)


def _kill(leader: subprocess.Popen[str]) -> None:
    if leader.returncode is None:  # once it is known to have ended, its number may be another's
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGKILL)
