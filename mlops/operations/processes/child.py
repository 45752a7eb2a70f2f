"""A program in a process group of its own: started, listened to, and ended with all that it started.

Its standard input is a pipe that nothing is written to: it closes when this process ends, however that ends, and so
tells the program, and every one that it starts, that nobody waits for them any more (`ending.end_with_parent`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGAIN = 1.0  # seconds until the group is asked once more: what was just being started has not heard
_PATIENCE = 20.0  # seconds until those who do not answer are killed
_GLANCE = 0.02


class Child:
    """A running program; `output` is what it and its children print, where that was asked for.

    It prints into the file `printed`, where one is given.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        *,
        piped: bool = False,
        printed: IO[bytes] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - its callers build the command of checked names
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            env=environment,
            stdout=subprocess.PIPE if piped else printed,
            stderr=subprocess.STDOUT if piped or printed else None,
            start_new_session=True,  # Ctrl-C is for this process alone, which then ends the others in order
        )
        self._ended = False

    def __enter__(self) -> Self:
        """Nothing to do: the program runs since it was made."""
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever still runs."""
        end(self)
        self.close()

    def close(self) -> None:
        """Listen no longer."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def output(self) -> IO[bytes]:
        """What is printed; raises ValueError where nobody asked for it."""
        if self._process.stdout is None:
            raise ValueError("this program prints where its parent does")
        return self._process.stdout

    def wait(self) -> int:
        """Wait for the end and give the exit code; a killed program has a negative one."""
        return self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program and all that it started."""
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS answers the latter for those who have ended
            return

    @property
    def ended(self) -> bool:
        """Whether nobody of the group is left."""
        if not self._ended and self._process.poll() is not None:
            try:
                os.killpg(self._process.pid, 0)
            except (ProcessLookupError, PermissionError):
                self._ended = True  # for good: the system may give the number to somebody else
        return self._ended


def end(*children: Child, patience: float = _PATIENCE) -> None:
    """End programs that still run: ask, ask again, and kill those who do not answer; a second Ctrl-C kills at once."""
    started = time.monotonic()
    try:
        while (left := [child for child in children if not child.ended]) and time.monotonic() - started < patience:
            for child in left:
                child.signal(signal.SIGTERM)
            asked = time.monotonic()
            while time.monotonic() - asked < _AGAIN and not all(child.ended for child in left):
                time.sleep(_GLANCE)
    finally:
        for child in children:
            if not child.ended:
                child.signal(signal.SIGKILL)
                child.wait()
