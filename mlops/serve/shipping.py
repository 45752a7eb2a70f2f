"""Ships closed segments of the prediction log to a place that others read; what could not be sent stays and is retried.

The folder is the queue: a segment leaves it when the place holds all of its bytes, whichever process wrote it. So a
server that was killed, or could not reach the place, loses nothing that the disk keeps: the next one here goes on.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from mlops.bundle.prediction_log import segments
from mlops.errors import MlopsError

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.files.remote_folder import RemoteFolder

_SECONDS = 10.0  # between two looks into the folder
_PATIENCE = 30.0  # seconds that a stop waits for what is on its way


class Shipping:
    """Sends what appears in a folder; one thread, beside that which writes."""

    def __init__(
        self, folder: Path, place: RemoteFolder, *, seconds: float = _SECONDS, patience: float = _PATIENCE
    ) -> None:
        """Begin; raises ConfigurationError where the driver for the place is not installed."""
        self._folder, self._place, self._seconds, self._patience = folder, place, seconds, patience
        _ = place.system
        self._changed = threading.Event()
        self._closing = False
        self.shipped = self.failures = 0
        self._thread = threading.Thread(target=self._work, name="shipping", daemon=True)
        self._thread.start()

    def waiting(self) -> int:
        """Count the segments that are still here."""
        return sum(1 for _ in segments(self._folder))

    def close(self) -> None:
        """Send what the folder holds, once, and stop; what could not be sent stays where it is."""
        self._closing = True
        self._changed.set()
        self._thread.join(self._patience)
        if left := self.waiting():
            said = f"{left:,} segments of the prediction log stay in {self._folder}: the next server here ships them"
            print(said, file=sys.stderr, flush=True)

    def _work(self) -> None:
        failing = False
        while True:
            closing = self._closing  # before the look: what is closed after it is closed before `close` is called
            try:
                self._send()
                failing = False
            except (MlopsError, OSError) as error:
                self.failures += 1
                if not failing:
                    print(f"the prediction log is not shipped, and kept here: {error}", file=sys.stderr, flush=True)
                failing = True
            if closing:
                return
            self._changed.wait(self._seconds)

    def _send(self) -> None:
        for path in segments(self._folder):
            try:
                self._place.put(path)
            except (MlopsError, OSError):
                if path.exists():
                    raise
                continue  # another worker of this server sent it meanwhile
            path.unlink(missing_ok=True)
            self.shipped += 1
