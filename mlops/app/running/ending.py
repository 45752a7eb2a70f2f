"""How a run ends before its time: from `mlops run` down to the stage, nobody is left behind and nothing is left half.

`mlops run` starts DVC in a process group of its own (`child`), and DVC starts the stages. Told to stop, a stage cleans
up and ends; DVC finishes what it is writing, and starts no other stage.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STOPPED = "MLOPS_STOPPED"
"""Set in the environment of stages that DVC would start although it was told to stop."""
RUNNER = "MLOPS_RUNNER"
"""Set in the environment of stages that `mlops run` started: the process that they end with."""
_PR_SET_PDEATHSIG = 1


def end_with(process: int) -> None:
    """Have this process told to stop when the one that started it ends, even if that is killed; on Linux only.

    `process` is looked at too: it may have ended before this process could say that it wants to know.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a block end as by Ctrl-C when it is told to stop or its terminal is gone, so that it can clean up."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    signals = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stage() -> Iterator[None]:
    """Let a stage end with the run that started it; a stage that should not have been started ends at once."""
    with interruptible():
        if runner := os.environ.get(RUNNER, ""):
            end_with(int(runner))
        if os.environ.get(STOPPED):
            raise KeyboardInterrupt
        yield
