"""Several processes that answer on one port, and the one that starts them, and answers nothing itself.

It opens the port before they part: connections wait in one queue, so that those of a worker which died are answered by
the others, and nothing is lost while another takes its place. Each worker is a whole server: it verifies the bundle,
and has it score its golden rows, before it takes a request.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import InfrastructureError
from mlops.serve.seat import Board, Seat, listeners

if TYPE_CHECKING:
    from collections.abc import Callable

_HEARD = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
_SOON, _LATE = 1.0, 30.0  # seconds before a worker that cannot begin is started again: the first time, and at most


class Crew:
    """Workers of one server; `work` is what each does in its seat, until it is told to stop."""

    def __init__(self, workers: int, work: Callable[[Seat], None], told: Callable[[str], None]) -> None:
        """`told` is told what they serve once all of them do.

        Raises:
            InfrastructureError: there is no folder in which they could meet.
        """
        self._work, self._say, self._here = work, told, os.getpid()
        self._board = Board(workers)
        self._folder = _folder()
        self._listeners = listeners(self._folder, workers)
        self._heard, self._told = os.pipe()
        os.set_blocking(self._heard, False)
        self._alive, self._life = os.pipe()  # ends when this process does, however that ends
        self._pids: dict[int, int] = {}  # number of a worker by its process
        self._serving: set[int] = set()
        self._due: dict[int, float] = {}  # when to start a worker anew
        self._delay = dict.fromkeys(range(workers), _SOON)
        self._begun = self._stopping = False

    def run(self) -> None:
        """Start them, start another for one that ends, and return when all were told to stop and have.

        Raises:
            SystemExit: the first one could not begin, and has said why; with its code.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        try:
            gc.collect()
            gc.freeze()  # what the workers share is not written to by looking for what nobody uses
            self._start(0)  # alone: what is wrong with the bundle is told once
            while os.getpid() == self._here and (self._pids or self._due):
                self._hear()
        finally:
            if os.getpid() == self._here:  # a worker leaves by here, too
                shutil.rmtree(self._folder, ignore_errors=True)
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _hear(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now]:
            del self._due[number]
            if self._start(number):
                return
        wait = min((due - now for due in self._due.values()), default=3600.0)
        heard = signal.sigtimedwait(_HEARD, max(wait, 0.0))
        if heard is None:
            return
        if heard.si_signo == signal.SIGUSR1:
            self._note()
        elif heard.si_signo == signal.SIGCHLD:
            self._bury()
        else:
            self._stopping = True
            self._due.clear()
            for pid in self._pids:
                os.kill(pid, heard.si_signo)

    def _start(self, number: int) -> bool:
        """Start a worker; True in the worker, when it has ended."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._pids[pid] = number
            return False
        os.setpgid(0, 0)  # Ctrl-C is told to whoever started it, who tells it on: twice would not let requests end
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        os.close(self._life)
        os.close(self._heard)
        threading.Thread(target=_outlive_nobody, args=(self._alive,), daemon=True).start()
        self._pids, self._due = {}, {}
        self._work(Seat(number, self._board, self._listeners, self._told, self._here))
        return True

    def _note(self) -> None:
        """Note which workers serve; once the first does, the others are started, and once all do, that is told."""
        try:
            lines = os.read(self._heard, 1 << 16).decode().splitlines()
        except BlockingIOError:
            return
        for line in lines:
            number, _, served = line.partition(" ")
            self._serving.add(int(number))
            self._delay[int(number)] = _SOON
            if not self._begun and len(self._serving) == self._board.workers:
                self._begun = True
                self._say(served)
        if self._serving == {0} and not (self._begun or self._stopping) and len(self._pids) == 1:
            for other in range(1, self._board.workers):
                if other not in self._due and self._start(other):
                    return

    def _bury(self) -> None:
        while self._pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            number, code = self._pids.pop(pid), os.waitstatus_to_exitcode(status)
            self._board.ready(number, 0)
            if self._stopping:
                continue
            if not (self._serving or self._begun):
                raise SystemExit(code if code > 0 else 1)
            wait = 0.0 if number in self._serving else self._delay[number]
            self._serving.discard(number)
            self._delay[number] = min(2 * self._delay[number], _LATE)
            self._due[number] = time.monotonic() + wait
            how = f"ended with {code}" if code >= 0 else f"was ended by {_signal(-code)}"
            then = "another takes its place" + (f" in {wait:.0f} s" if wait else "")
            print(f"worker {number} (process {pid}) {how}: {then}", file=sys.stderr, flush=True)


def _signal(number: int) -> str:
    """Name a signal; those of real time have none."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _folder() -> Path:
    """Make a folder that nobody else may enter, for the sockets by which workers ask each other."""
    try:
        return Path(tempfile.mkdtemp(prefix="mlops-workers-"))
    except OSError as error:
        raise InfrastructureError(
            f"several workers need a folder to meet in, and there is none: {error.strerror}",
            hint="TMPDIR=/a/folder/that/can/be/written, or --workers 1",
        ) from error


def _outlive_nobody(alive: int) -> None:
    """Stop this worker when the process that started it is gone."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
