"""A process that goes on when the one that started it has ended, and that a later one finds again.

It holds a lock for as long as it lives, however it ends, and its number lies beside: that of a process which is gone
may be another's, and nobody is ended by a number alone.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import InfrastructureError

_LOOK = 0.01  # seconds between two looks at whether it has ended
_KILLED = 10.0  # seconds until one that was killed must be gone: a disk may keep it
# The number is there before the program is: a shell becomes it.
_BEGIN = 'echo $$ > "$0" && cd "$1" && shift && exec "$@"'


@dataclass(frozen=True)
class Detached:
    """A process by name, in a folder of its own kind; what it prints goes to `NAME.log` there."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """What it printed, after what others of its name did."""
        return self.folder / f"{self.name}.log"

    def alive(self) -> bool:
        """Tell whether it runs."""
        try:
            with self._lock.open("rb") as lock:  # a full disk is no reason not to know
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def start(self, command: Sequence[str], cwd: Path) -> Begun:
        """Start it in a session of its own, without anything to read.

        Raises:
            OSError: the folder cannot be written; BlockingIOError where it runs already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("ab") as lock, self.log.open("ab") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._number.unlink(missing_ok=True)
            before = self.log.stat().st_size
            os.set_inheritable(lock.fileno(), True)  # the lock is held until the last who inherited it is gone
            pid = os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", _BEGIN, str(self._number.absolute()), str(cwd.absolute()), *command],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
                setsid=True,
                setsigmask=(),
            )
        return Begun(self, pid, before)

    def end(self, grace: float) -> None:
        """Have it end by SIGTERM, and kill it where it has not after so many seconds; nothing where none runs.

        Raises:
            InfrastructureError: it does not end, or nobody knows which process it is.
        """
        if not self.alive():
            return
        pid = self._pid()
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, _KILLED)):
            with suppress(ProcessLookupError):
                (os.kill if number == signal.SIGTERM else os.killpg)(pid, number)
            if self._gone(patience):
                return
        raise InfrastructureError(f"{self.name} (process {pid}) does not end", hint=f"kill -9 {pid}")

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal; nothing where none runs, or where only what it started is left."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self._pid(), number)

    @property
    def _lock(self) -> Path:
        return self.folder / f"{self.name}.lock"

    @property
    def _number(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _pid(self) -> int:
        with suppress(OSError, ValueError):
            return int(self._number.read_text(encoding="ascii"))
        raise InfrastructureError(
            f"{self.name} runs, and {self._number} does not say which process it is",
            hint=f"find it by: fuser {self._lock}",
        )

    def _gone(self, patience: float) -> bool:
        until = time.monotonic() + patience
        while self.alive():
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK)
        return True


@dataclass(frozen=True)
class Begun:
    """A process that was started here: until it is known to run well, its end is of interest."""

    process: Detached
    pid: int
    _before: int

    def code(self) -> int | None:
        """Give its exit code, once; None where it runs, or that was given already."""
        with suppress(ChildProcessError):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return os.waitstatus_to_exitcode(status) if pid else None
        return None

    def said(self) -> str:
        """Read what it printed since it was started, at most 64 KiB."""
        with self.process.log.open("rb") as log:
            log.seek(self._before)
            return log.read(1 << 16).decode(errors="replace")
