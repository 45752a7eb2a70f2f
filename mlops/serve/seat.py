"""What a worker knows of the others that answer on its port: what they count, and which bundle they are ready for.

What a seat counted is kept in a file of the folder where the workers meet, before anybody is told: so a sum does not
fall when a worker is late, and the next one in a seat goes on from where the last one ended.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.files.atomic import bytes_of
from mlops.serve.sums import carried, summed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PATIENCE = 1.0  # seconds that another worker may need to say what it counts
_LOAD = 60.0  # that the others may need to load a bundle which this one has loaded
_LOOK = 0.02  # between two looks at whether they have
_AT_ONCE = 1 << 16
_KEEP = 5.0  # seconds after which what was counted is kept also where nobody asks: no more is lost with a killed worker
_LENGTH = 8  # bytes that say how long a page is, which a worker may leave half sent


class Board:
    """Numbers that all workers of a server see: for each, the last pointer that it is ready for, or refuses."""

    def __init__(self, workers: int) -> None:
        """Make it before the processes part."""
        self.workers = workers
        self.begun = time.time()
        """Since when they count, in seconds since 1970."""
        self._numbers = memoryview(mmap.mmap(-1, 16 * workers)).cast("q")

    def ready(self, worker: int, sequence: int) -> None:
        """Say what a worker could serve now; 0 for one that ended."""
        self._numbers[worker] = sequence

    def number(self, worker: int) -> int:
        """Give what a worker could serve now."""
        return int(self._numbers[worker])

    def refuse(self, worker: int, sequence: int) -> None:
        """Say what a worker will not serve."""
        self._numbers[self.workers + worker] = sequence

    def agreed(self, sequence: int) -> bool | None:
        """Tell whether all could serve it; None where some have not said yet, False where one will not."""
        if sequence in self._numbers[self.workers :]:
            return False
        return True if all(number >= sequence for number in self._numbers[: self.workers]) else None


class Seat:
    """The place of one worker among those of a server."""

    def __init__(self, number: int, board: Board, listeners: Sequence[socket.socket], told: int, starter: int) -> None:
        """Take the sockets by which workers ask each other, one each, and where to tell whom that this one serves."""
        self.number, self.board = number, board
        self._listeners, self._told, self._starter = listeners, told, starter
        self._keeping = threading.Lock()
        self._before = self._kept(number)  # what those before it in this seat counted

    def serve(self, page: Callable[[], bytes]) -> None:
        """Say what this worker counts to whichever of the others asks."""
        threading.Thread(target=self._work, args=(page,), name="counts", daemon=True).start()

    def keep(self, page: Callable[[], bytes]) -> bytes:
        """Give what was counted in this seat, kept for whoever asks when this worker cannot say it."""
        with self._keeping:
            whole = carried(page(), self._before)
            with suppress(OSError):  # a full disk: what is counted is told all the same
                path = self._file(self.number)
                path.with_suffix(".part").write_bytes(whole)
                path.with_suffix(".part").replace(path)
            return whole

    def summed(self, page: Callable[[], bytes]) -> bytes:
        """Add what the others count to it; of one who does not answer in time, what its seat counted is known."""
        pages, silent = [self.keep(page)], list[bytes]()
        until = time.monotonic() + _PATIENCE
        others = [number for number in range(len(self._listeners)) if number != self.number]
        asked = [
            (number, _asked(self._place(number))) for number in others
        ]  # before any is waited for: many may be late
        for number, asking in asked:
            try:
                pages.append(_said(asking, until))
            except OSError:
                silent.append(self._kept(number))
        return carried(summed(pages), *silent)

    def _place(self, number: int) -> str:
        return str(self._listeners[number].getsockname())

    def _file(self, number: int) -> Path:
        return Path(f"{self._place(number)}.counted")

    def _kept(self, number: int) -> bytes:
        return (bytes_of(self._file(number)) or b"") if self._listeners else b""

    def ready(self, served: str) -> None:
        """Tell who started the workers that this one serves."""
        os.write(self._told, f"{self.number} {served}\n".encode())
        if os.getppid() == self._starter:
            os.kill(self._starter, signal.SIGUSR1)

    def begin(self, sequence: int) -> None:
        """Say which pointer this worker serves from the start."""
        self.board.ready(self.number, sequence)

    def refuse(self, sequence: int) -> None:
        """Say that this worker does not serve what a pointer says."""
        self.board.refuse(self.number, sequence)

    def agree(self, sequence: int, ended: Callable[[], bool], patience: float = _LOAD) -> bool | None:
        """Wait until every worker could serve what a pointer says; False where one will not.

        None where one is late, or this one has `ended` meanwhile.
        """
        before = self.board.number(self.number)
        self.board.ready(self.number, sequence)
        until = time.monotonic() + patience
        while (agreed := self.board.agreed(sequence)) is None and time.monotonic() < until and not ended():
            time.sleep(_LOOK)
        if agreed is None:  # it is given up, and must be loaded anew: the others may not rely on it
            self.board.ready(self.number, before)
        return agreed

    def _work(self, page: Callable[[], bytes]) -> None:
        listener = self._listeners[self.number]
        listener.settimeout(_KEEP)
        while True:
            try:
                asked, _ = listener.accept()
            except TimeoutError:
                self.keep(page)
                continue
            with asked, suppress(OSError):
                asked.settimeout(_PATIENCE)
                said = self.keep(page)
                asked.sendall(len(said).to_bytes(_LENGTH) + said)


def listeners(folder: Path, workers: int) -> list[socket.socket]:
    """Make a socket for each worker, in a folder that nobody else may enter."""
    made = []
    for number in range(workers):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(folder / str(number)))
        listener.listen(workers)
        made.append(listener)
    return made


def _asked(place: str) -> socket.socket | None:
    """Ask a worker; None where nobody can."""
    try:
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError:
        return None
    asking.settimeout(_PATIENCE)
    try:
        asking.connect(place)
    except OSError:
        asking.close()
        return None
    return asking


def _said(asking: socket.socket | None, until: float) -> bytes:
    """Read what a worker says, which may be here already; raises OSError where it does not in time."""
    if asking is None:
        raise ConnectionRefusedError
    found = bytearray()
    with asking:
        while True:
            asking.settimeout(max(until - time.monotonic(), 0.001))
            if not (part := asking.recv(_AT_ONCE)):
                break
            found += part
    if len(found) < _LENGTH or len(found) != _LENGTH + int.from_bytes(found[:_LENGTH]):
        raise ConnectionResetError("the worker ended while it answered")
    return bytes(found[_LENGTH:])
