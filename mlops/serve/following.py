"""An application that changes the bundle it serves: the next one is loaded beside, proves itself, and takes over.

A request is answered by the application that was current when it came, which is closed when its last one is answered.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mlops.errors import InfrastructureError, IntegrityError, MlopsError
from mlops.files.prometheus import family
from mlops.serve.app import create
from mlops.serve.metrics import OF_PROCESS
from mlops.serve.shipping import Shipping
from mlops.serve.sums import carried

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

    from mlops.files.remote_folder import RemoteFolder
    from mlops.serve.direct import Ways
    from mlops.serve.door import Door
    from mlops.serve.follower import Followed, Follower

SECONDS = 5.0
"""Between two looks at the place."""
_HELP = {
    "mlops_serve_follow_sequence": "The number of the pointer that is followed.",
    "mlops_serve_follow_looked_seconds": "When the place answered last, in seconds since 1970.",
    "mlops_serve_follow_switches_total": "How often another bundle took over.",
    "mlops_serve_follow_refusals_total": "Pointers and bundles that were refused: not signed, older, damaged.",
    "mlops_serve_follow_failures_total": "Looks at the place that had no answer.",
    "mlops_serve_follow_shipped_segments_total": "Segments of the prediction log sent to their place.",
    "mlops_serve_follow_shipping_failures_total": "Rounds that could not send a segment; it is kept and sent again.",
}


class _Serving:
    """One bundle's application, and how many of its requests are under way."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.open = 0

    @property
    def busy(self) -> bool:
        """Whether a request that met it is still under way, in the application or directly."""
        return bool(self.open or self.app.state.answering.metrics.in_progress)

    def counted(self) -> bytes:
        """Spell what was counted of it."""
        page: bytes = self.app.state.counted()
        return page

    def close(self) -> None:
        """Write the rest of its log."""
        if self.app.state.log is not None:
            self.app.state.log.close()


class Following:
    """Serves what a follower finds; `make` is `mlops.serve.app.create`."""

    def __init__(
        self,
        follower: Follower,
        first: Followed,
        *,
        seconds: float = SECONDS,
        ship: RemoteFolder | None = None,
        log: Path | None = None,
        make: Callable[..., Starlette] = create,
        **options: Any,
    ) -> None:
        """Make the first bundle prove itself.

        Raises:
            IntegrityError: it does not answer its golden rows as it should.
        """
        self._follower, self._seconds = follower, seconds
        self._make, self._options = make, options | {"log": log, "page": self._counted}
        door: Door | None = options.get("door")
        self._seat = None if door is None else door.seat
        self._current = self._proven(first)
        self._retired: list[_Serving] = []
        self._changing = threading.Lock()  # a bundle is counted once, also while it is replaced
        self._ended = b""  # what was counted of bundles that answer nothing any more
        self._take(first)
        self._shipping = None if log is None or ship is None else Shipping(log, ship)
        self.switches = self.refusals = self.failures = 0
        self.looked = time.time()
        given = self._current.app.state
        self.state = SimpleNamespace(
            served=f"{first.pointer.pipeline} {first.pointer.bundle}",
            answering=given.answering,
            golden=given.golden,
            ways=None,
            counted=self._counted,
        )
        self._stopped = threading.Event()
        self._failing = False
        self._refused = ""  # what was told last
        self._thread = threading.Thread(target=self._work, name="following", daemon=True)
        self._thread.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the bundle of now."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        serving = self._current
        serving.open += 1
        try:
            await serving.app(scope, receive, send)
        finally:
            serving.open -= 1

    def look(self) -> None:
        """Look at the place once, and change the bundle where it says so; what is wrong is told and changes nothing."""
        self._close_retired()
        try:
            found = self._follower.look()
            self.looked, self._failing, self._refused = time.time(), False, ""
            if found is not None:
                self._switch(found)
        except InfrastructureError as error:
            self.failures += 1
            if not self._failing:  # once, not every few seconds
                _say(f"following: {error.message}; what is served stays")
            self._failing = True
        except MlopsError as error:
            self.refusals += 1
            if error.message != self._refused:  # a damaged bundle is asked for again every few seconds
                _say(f"following: refused: {error.message}; what is served stays")
            self._refused = error.message

    def close(self) -> None:
        """Stop following, and write the rest of all logs."""
        self._stopped.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        for serving in (*self._retired, self._current):
            serving.close()
        if self._shipping is not None:
            self._shipping.close()

    def _work(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self.look()
            except Exception as error:  # whatever it is, a thread that ended would follow nothing any more
                traceback.print_exception(error)

    def _switch(self, found: Followed) -> None:
        before = self._follower.taken
        if before is None or before.bundle != found.pointer.bundle:
            ways: Ways | None = self.state.ways
            try:
                serving = self._proven(found)
                state = serving.app.state
                direct = None if ways is None else ways.proven(state.answering, state.golden.rows)
            except MlopsError:
                self._follower.refuse(found)
                if self._seat is not None:
                    self._seat.refuse(found.pointer.sequence)
                raise
            self._agree(found, serving)
            with self._changing:
                self._retired.append(self._current)
                self._current = serving
            if ways is not None:
                ways.current = direct
            self.switches += 1
            was = "" if before is None else f", before {before.bundle}"
            _say(f"following: number {found.pointer.sequence}: serving {found.pointer.bundle}{was}")
        self._take(found)

    def _take(self, found: Followed) -> None:
        self._follower.take(found)
        if self._seat is not None:
            self._seat.begin(found.pointer.sequence)

    def _agree(self, found: Followed, serving: _Serving) -> None:
        """Wait for the other workers, so that none answers by a bundle which another could not take over.

        Raises:
            IntegrityError: another refuses it.
            InfrastructureError: another has not loaded it in time; it is tried again.
        """
        agreed = True if self._seat is None else self._seat.agree(found.pointer.sequence, self._stopped.is_set)
        if agreed:
            return
        serving.close()
        said = f"number {found.pointer.sequence}: another worker"
        if agreed is None:
            raise InfrastructureError(f"{said} has not loaded {found.pointer.bundle} yet")
        self._follower.refuse(found)
        raise IntegrityError(f"{said} refuses {found.pointer.bundle}")

    def _proven(self, found: Followed) -> _Serving:
        return _Serving(self._make(found.folder, expected=found.pointer.bundle, **self._options))

    def _close_retired(self) -> None:
        """Close what answers nothing any more; a look after it was replaced, every request that met it is counted."""
        for serving in [serving for serving in self._retired if not serving.busy]:
            serving.close()
            with self._changing:
                self._retired.remove(serving)
                self._ended = carried(self._ended, serving.counted())

    def _counted(self) -> bytes:
        """Spell what this process counted, by whichever bundle."""
        with self._changing:
            before = (self._ended, *(serving.counted() for serving in self._retired))
            return carried(self._current.counted(), *before, apart=OF_PROCESS) + self._metrics()

    def _metrics(self) -> bytes:
        taken = self._follower.taken
        shipped = self._shipping
        numbers: dict[str, float] = {
            "mlops_serve_follow_sequence": 0 if taken is None else taken.sequence,
            "mlops_serve_follow_looked_seconds": round(self.looked, 3),
            "mlops_serve_follow_switches_total": self.switches,
            "mlops_serve_follow_refusals_total": self.refusals,
            "mlops_serve_follow_failures_total": self.failures,
        }
        if shipped is not None:
            numbers["mlops_serve_follow_shipped_segments_total"] = shipped.shipped
            numbers["mlops_serve_follow_shipping_failures_total"] = shipped.failures
        lines: list[str] = []
        for name, value in numbers.items():
            lines += family(
                name, "counter" if name.endswith("_total") else "gauge", _HELP[name], [("", {}, float(value))]
            )
        return ("\n".join(lines) + "\n").encode("ascii")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
