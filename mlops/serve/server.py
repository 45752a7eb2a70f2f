"""A process that serves one bundle until it is told to stop."""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from mlops.errors import InfrastructureError
from mlops.serve.app import TOLERANCE, create

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.files.place import Place

_SWITCH = 0.0005  # seconds that the thread of the log may keep a request waiting, instead of Python's 0.005
_OTHER_PORT = "choose another --port"
_OTHER_HOST = "choose another --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every network"
_GRACE = 10  # seconds that requests under way have after SIGTERM


def serve(
    bundle_folder: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    expected: str | None = None,
    golden_tolerance: float = TOLERANCE,
    log: Path | None = None,
    ship: Place | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; the port opens after the bundle has proven itself; port 0 takes a free one."""
    app = create(bundle_folder, expected=expected, golden_tolerance=golden_tolerance, log=log, ship=ship)
    if log is not None:
        sys.setswitchinterval(_SWITCH)
    listener = listen(host, port)
    version = app.state.version
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off" if log is None else "on",  # a stop writes the rest of the log
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    where = f"http://{address(host, listener.getsockname()[1])}"
    print(f"serving {version['pipeline']} {version['bundle']} at {where}", file=sys.stderr, flush=True)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


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
