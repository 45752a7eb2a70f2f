"""A process that serves one bundle until it is told to stop."""

from __future__ import annotations

import errno
import math
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import uvicorn

from mlops.blocks.batch import Batch
from mlops.blocks.limits import Limits
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.loopback import is_loopback
from mlops.serve import machine
from mlops.serve.access import Guard, Guarded, read_token
from mlops.serve.app import TOLERANCE, create
from mlops.serve.connection import Connection
from mlops.serve.crew import Crew
from mlops.serve.dialects.environment import LAMBDA
from mlops.serve.dialects.vertex import Paths
from mlops.serve.direct import Ways
from mlops.serve.door import Door
from mlops.serve.events import Events
from mlops.serve.otlp import Push

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from mlops.blocks.metrics_push import MetricsPush
    from mlops.bundle.contents import Contents
    from mlops.files.remote_folder import RemoteFolder
    from mlops.serve.dialects.lambda_runtime import Function
    from mlops.serve.seat import Seat

_SWITCH = 0.0005  # seconds that the thread of the log may keep a request waiting, instead of Python's 0.005
_OTHER_PORT = "choose another --port"
_OTHER_HOST = "choose another --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every network"
_GRACE = 10  # seconds that requests under way have after the port closed
_DRAIN = 5.0  # seconds: a proxy that asks every second or two has seen it by then


@dataclass(frozen=True)
class Exposure:
    """Who may reach the server, and ask it: a token that they bring, or a proxy in front that says so, or neither."""

    host: str = "127.0.0.1"
    token_from: str | None = None
    behind: Literal["proxy"] | None = None

    def token(self) -> str | None:
        """Read the token, where there is to be one.

        Raises:
            ConfigurationError: others can reach the host, and nothing says who may ask.
            InfrastructureError: the token is not where it is said to be.
        """
        if self.token_from is not None:
            return read_token(self.token_from)
        if self.behind is None and not is_loopback(self.host):
            raise ConfigurationError(
                f"whoever reaches {self.host} may ask the model, and read its schema",
                hint="mlops serve --token-from NAME, an environment variable that holds a token; or --behind proxy, "
                "where a proxy says who may ask",
            )
        return None

    def drain(self, limits: Limits) -> float:
        """Give the seconds between SIGTERM and a closed port: others need them to send their requests elsewhere."""
        if limits.drain_seconds is not None:
            return limits.drain_seconds
        return 0.0 if self.behind is None and is_loopback(self.host) else _DRAIN


class Server(uvicorn.Server):
    """uvicorn's, which turns unready first when it is told to end, and goes on answering for a while."""

    def __init__(self, config: uvicorn.Config, door: Door, state: Any, *beside: Events | Push | None) -> None:
        """Take the `state` of the application, what it serves and counted, and what works beside the requests."""
        super().__init__(config)
        self._door, self._beside = door, beside
        self.served: str = state.served
        self.counted: Callable[[], bytes] = state.counted
        self._until = math.inf
        door.open = lambda: len(self.server_state.connections)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain on SIGTERM; a second one, or Ctrl-C, does not wait."""
        self._door.draining = True
        if sig == signal.SIGTERM and self._door.drain and self._until == math.inf:
            self._until = time.monotonic() + self._door.drain
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """End once the drain is over."""
        if time.monotonic() >= self._until and not self.should_exit:
            super().handle_exit(signal.SIGTERM, None)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Write the last events, and send the last numbers, too."""
        await super().shutdown(sockets)
        for each in self._beside:
            if each is not None:
                each.close()


def serve(bundle_folder: Path, host: str = "127.0.0.1", port: int = 8080, *, workers: int = 1, **options: Any) -> None:
    """Serve until SIGTERM or Ctrl-C; the port opens after the bundle has proven itself; `options` as of `prepare`.

    Several `workers` are processes that each do so, behind one port which is open from the start. A function of Lambda
    opens none: it asks for its events.
    """
    if api := os.environ.get(LAMBDA):
        from mlops.serve.dialects import lambda_runtime

        lambda_runtime.possible({"workers": workers, **options})
        lambda_runtime.serve(lambda: function(bundle_folder, **options), api)
        return
    if workers > 1:
        _serve_together(bundle_folder, host, port, workers, options)
        return
    server, listener = prepare(bundle_folder, host, port, **options)
    _say(server.served, host, listener)
    _run(server, listener)


def function(
    bundle_folder: Path,
    *,
    limits: Limits | None = None,
    log_format: Literal["plain", "ecs"] = "plain",
    **options: Any,
) -> Function:
    """Make a function of a bundle that has proven itself; `options` as of `prepare`, where they mean anything.

    Raises:
        IntegrityError: the bundle is not what its manifest, or `expected`, says; or nobody vouches for it.
    """
    from mlops.serve.dialects.lambda_runtime import Function

    known = {key: options[key] for key in ("expected", "golden_tolerance", "vouched") if key in options}
    events = Events() if log_format == "ecs" else None
    app = create(bundle_folder, door=Door(limits or Limits()), events=events, **known)
    machine.spare_the_collector()
    return Function(app, events)


def _serve_together(bundle_folder: Path, host: str, port: int, workers: int, options: dict[str, Any]) -> None:
    Exposure(host, options.get("token_from"), options.get("behind")).token()  # what cannot be is told before they part
    listener = listen(host, port)

    def work(seat: Seat) -> None:
        server, _ = prepare(bundle_folder, host, port, listener=listener, seat=seat, **options)
        seat.ready(server.served)
        _run(server, listener)
        seat.keep(server.counted)

    Crew(workers, work, lambda served: _say(served, host, listener, f" by {workers} workers")).run()


def _say(served: str, host: str, listener: socket.socket, how: str = "") -> None:
    where = f"http://{address(host, listener.getsockname()[1])}"
    print(f"serving {served}{how} at {where}", file=sys.stderr, flush=True)


def _run(server: Server, listener: socket.socket) -> None:
    machine.spare_the_collector()
    machine.keep_memory()
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


def prepare(
    bundle_folder: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    expected: str | None = None,
    golden_tolerance: float = TOLERANCE,
    log: Path | None = None,
    ship: RemoteFolder | None = None,
    limits: Limits | None = None,
    batch: Batch | None = None,
    token_from: str | None = None,
    behind: Literal["proxy"] | None = None,
    vouched: Callable[[Contents], None] | None = None,
    make: Callable[..., Any] = create,
    log_format: Literal["plain", "ecs"] = "plain",
    metrics: MetricsPush | None = None,
    listener: socket.socket | None = None,
    seat: Seat | None = None,
) -> tuple[Server, socket.socket]:
    """Make a server of a bundle that has proven itself, and open its port; port 0 takes a free one.

    `make` makes the application: `create`, or what changes the bundle while it serves (`mlops.serve.following`). With
    the `log_format` ecs each answer is a line on standard output; `metrics` says where numbers are sent. A worker of
    several brings the open port (`listener`), and the `seat` by which it knows the others.

    Raises:
        ConfigurationError: others can reach the host, and nothing says who may ask.
        IntegrityError: the bundle is not what its manifest, or `expected`, says; or nobody vouches for it.
        InfrastructureError: the port is taken; the token is not there; so many connections cannot be had.
    """
    exposure = Exposure(host, token_from, behind)
    token = exposure.token()
    limits = limits or Limits()
    paths = Paths.of(os.environ)
    machine.make_room(limits.connections)
    door = Door(limits, exposure.drain(limits), seat)
    events = Events() if log_format == "ecs" else None
    push = None if metrics is None or (seat is not None and seat.number) else Push(metrics)  # one sends for all
    app = make(
        bundle_folder,
        expected=expected,
        golden_tolerance=golden_tolerance,
        log=log,
        ship=ship,
        door=door,
        vouched=vouched,
        vertex=paths,
        events=events,
        push=push,
    )
    guard = None if token is None else Guard(token)
    app.state.ways = ways = Ways(batch or Batch(), guard)
    ways.current = ways.proven(app.state.answering, app.state.golden.rows)
    if log is not None:
        sys.setswitchinterval(_SWITCH)
    listener = listener or listen(host, port)
    counted = app.state.counted
    if seat is not None:
        seat.serve(counted)
    if push is not None:
        page, since = (counted, time.time()) if seat is None else (partial(seat.summed, counted), seat.board.begun)
        push.start(page, app.state.served, since)
    probed = () if paths.health is None else (paths.health,)
    config = uvicorn.Config(
        app if guard is None else Guarded(app, guard, probed),
        http=cast("type[Connection]", partial(Connection, door, ways)),  # uvicorn calls it and nothing else
        ws="none",
        log_level="warning",
        access_log=False,
        lifespan="off" if log is None else "on",  # a stop writes the rest of the log
        server_header=False,
        timeout_keep_alive=cast("int", limits.idle_seconds),  # it is added to a clock
        timeout_graceful_shutdown=_GRACE,
    )
    return Server(config, door, app.state, events, push), listener


def listen(host: str, port: int) -> socket.socket:
    """Open the port; raises InfrastructureError when it is taken or not ours to take, or the host is not here."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; left on, every answer waits 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        of_port = isinstance(error, OverflowError) or error.errno in (errno.EADDRINUSE, errno.EACCES)
        raise InfrastructureError(
            f"cannot listen on {address(host, port)}: {getattr(error, 'strerror', None) or error}",
            hint=_OTHER_PORT if of_port else _OTHER_HOST,
        ) from error
    return listener


def address(host: str, port: int) -> str:
    """Spell host and port as a URL does, where an IPv6 address stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
