"""How a run ends before its time: from `mlops run` down to the stage, nobody is left behind and nothing is left half.

`mlops run` starts DVC in a process group of its own (`child`), and DVC starts the stages. Told to stop, a stage cleans
up and ends; DVC finishes what it is writing, and starts no other stage. All of them have the pipe of `mlops run` as
their standard input: where that process is killed and can tell nobody, the pipe ends.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STOPPED = "MLOPS_STOPPED"
"""Set in the environment of stages that DVC would start although it was told to stop."""
RUNNER = "MLOPS_RUNNER"
"""Set in the environment of stages that `mlops run` started, whose standard input ends with it."""
_GRACE = 1.0  # seconds in which DVC's process, which hears of it too, tells the stage in order
_PATIENCE = 20.0  # seconds until one that does not answer is killed


def end_with_parent(pipe: int, grace: float = 0.0) -> None:
    """Have this process told to stop, after a grace in seconds, when the other end of a pipe is closed."""
    threading.Thread(target=_watch, args=(pipe, grace), daemon=True).start()


def _watch(pipe: int, grace: float) -> None:
    while os.read(pipe, 512):
        pass
    time.sleep(grace)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)  # where a library computes, it may take that long until Python hears of it
    os.kill(os.getpid(), signal.SIGKILL)


def _own_input() -> int:
    """Take the pipe out of the way of code that reads standard input, which finds nothing there."""
    pipe, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return pipe


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
        if os.environ.get(RUNNER):
            end_with_parent(_own_input(), _GRACE)
        if os.environ.get(STOPPED):
            raise KeyboardInterrupt
        yield
