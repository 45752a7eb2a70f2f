"""Writes the prediction log beside the requests: answering only appends to a list, a thread makes segments of it."""

from __future__ import annotations

import gzip
import io
import secrets
import sys
import threading
import time
import traceback
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

from mlops.bundle.prediction_log import MINUTE, Spelling, segment_name
from mlops.errors import InfrastructureError
from mlops.files.atomic import writing
from mlops.files.system import CURES, refusal, refusing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from mlops.bundle.prediction_log import Clients, Refused
    from mlops.bundle.refusal import Refusals
    from mlops.bundle.schema import RequestSchema
    from mlops.bundle.table import Row

    # the name of a request, microseconds since 1970, its answered rows, their scores, their positions in the request,
    # and what the client calls them
    _Taken = tuple[str, int, Sequence[Row], NDArray[np.floating[Any]], Sequence[int] | None, Clients]

_ROWS = 5_000  # of a segment
_SECONDS = 10.0  # that a record waits at most; a killed process loses no more than these
# A thread of Python keeps the others waiting while it works: a little at a time, so that requests hardly notice.
_AT_ONCE = 100  # rows, a millisecond or two
_PAUSE = 0.002  # seconds in between, for whoever waits
_LEVEL = 1  # of gzip: a tenth larger than its usual 9, at a third of the time
_MOST = 200_000  # rows held while the folder cannot be written; then new ones are counted and dropped
_MOST_COUNTS = 50_000  # counts of refused rows held meanwhile, by minute, column and reason


class PredictionLog:
    """The log of one serving process; safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        bundle: str,
        schema: RequestSchema,
        *,
        clock: Callable[[], int] = time.time_ns,
        rows: int = _ROWS,
        seconds: float = _SECONDS,
        most: int = _MOST,
    ) -> None:
        """Open the folder; raises InfrastructureError where nothing can be written into it."""
        self._folder, self._spelling = folder, Spelling(schema, bundle)
        self._clock, self._rows, self._seconds, self._most = clock, rows, seconds, most
        self._process = secrets.token_hex(8)
        self._requests, self._segments = count(), count()
        self._waiting: list[_Taken] = []
        self._refused: Counter[Refused] = Counter()
        self._held = 0
        self._closing = self._failing = False
        self.dropped = 0
        self.trouble = ""
        """Why the latest segment could not be written; empty where it was."""
        self._changed = threading.Condition()
        try:
            with writing(folder / ".writable"):
                pass
            (folder / ".writable").unlink(missing_ok=True)
        except OSError as error:
            raise InfrastructureError(
                f"the prediction log cannot be written to {folder}: {error.strerror}", hint="choose another --log"
            ) from error
        self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Count the rows that are not in a segment yet."""
        return self._held

    def identity(self) -> str:
        """Name a request; its row k, from 0, has the prediction id `<identity>-<k>`."""
        return f"{self._process}-{next(self._requests):x}"

    def add(
        self,
        identity: str,
        rows: Sequence[Row],
        scores: NDArray[np.floating[Any]],
        numbers: Sequence[int] | None = None,
        clients: Clients = None,
    ) -> None:
        """Take the answered rows of a request, their positions in it, and what the client calls them.

        A thread writes them, a segment at a time.
        """
        if not rows:
            return
        at = self._clock() // 1000
        with self._changed:
            if self._held + len(rows) > self._most:
                self.dropped += len(rows)
                return
            self._waiting.append((identity, at, rows, scores, numbers, clients))
            self._held += len(rows)
            if self._held >= self._rows:
                self._changed.notify()

    def refuse(self, refused: Refusals) -> None:
        """Count rows that were not answered, in the minute that it is; written with the next segment."""
        at = self._clock() // 1000
        with self._changed:
            for (column, reason), rows in refused.items():
                key = (at - at % MINUTE, column, reason)
                if key in self._refused or len(self._refused) < _MOST_COUNTS:
                    self._refused[key] += rows
                else:
                    self.dropped += rows

    def close(self) -> None:
        """Write what waits and stop; calling it again does nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _due(self) -> bool:
        """Say whether to write at once; after a failure, requests must not hurry the next attempt."""
        return self._closing or (not self._failing and self._held >= self._rows)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._due, self._seconds)
                taken, self._waiting = self._waiting, []
                refused, self._refused = self._refused, Counter()
                closing = self._closing
            try:
                if taken or refused:
                    self._write(taken, refused)
                    self._recovered()
            except Exception as error:  # whatever it is, a thread that ended would lose all that follows
                with self._changed:
                    self._waiting = taken + self._waiting
                    self._refused += refused
                if not self._failing or closing:
                    self._complain(error, closing=closing)
                self._failing = True
            if closing:
                return

    def _complain(self, error: Exception, *, closing: bool) -> None:
        """Say once that nothing can be written, and why, and what becomes of the rows meanwhile."""
        said = refusal(error)
        if said is None:  # not the folder's fault but ours
            traceback.print_exception(error)
        told = str(error) if said is None else refusing(said).message
        cure = "" if said is None else CURES.get(said.errno or 0, "")
        self.trouble = f"cannot be written: {(said and said.strerror) or type(error).__name__}"
        then = (
            f"{self._held:,} records are lost" if closing else f"up to {self._most:,} rows wait, requests are answered"
        )
        helps = f" ({cure})" if cure else ""
        print(f"the prediction log cannot be written: {told}{helps}; {then}", file=sys.stderr, flush=True)

    def _recovered(self) -> None:
        if self._failing:
            dropped = f"; {self.dropped:,} rows were lost since the start" if self.dropped else ""
            print(f"the prediction log is written again{dropped}", file=sys.stderr, flush=True)
        self._failing, self.trouble = False, ""

    def _write(self, taken: Sequence[_Taken], refused: Counter[Refused]) -> None:
        held = sum(len(rows) for _, _, rows, *_ in taken)
        times = [*(at for _, at, *_ in taken), *(minute for minute, _, _ in refused)]
        name = segment_name(min(times), max(times), f"{self._process}-{next(self._segments):x}")
        packed = io.BytesIO()
        with gzip.GzipFile("", "wb", _LEVEL, packed, mtime=0) as file:
            file.write(self._spelling.head(held, refused))
            for part in _parts(taken):
                for identity, at, rows, scores, numbers, clients in part:
                    outputs = scores.reshape(len(rows), -1).tolist()
                    file.write(self._spelling.records(identity, at, rows, outputs, numbers, clients))
                if not self._closing:
                    time.sleep(_PAUSE)
        with writing(self._folder / name) as temporary:
            temporary.write_bytes(packed.getvalue())
        with self._changed:
            self._held -= held


def _parts(taken: Sequence[_Taken]) -> Iterator[list[_Taken]]:
    """Share requests out over parts of about `_AT_ONCE` rows, in order; a request stays whole."""
    part: list[_Taken] = []
    held = 0
    for request in taken:
        part.append(request)
        held += len(request[2])
        if held >= _AT_ONCE:
            yield part
            part, held = [], 0
    if part:
        yield part
