"""HAProxy in front of two servers, and its runtime socket: it is told which of them answers, and never reloaded.

It splits no traffic of models, which is the server's own business: it moves from one process to another.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import ConfigurationError, InfrastructureError, StaleError
from mlops.files.atomic import bytes_of, write_bytes
from mlops.operations.processes.detached import Begun, Detached
from mlops.targets.local import SERVERS, SOCKET

_BACKEND, _ALL = "servers", 100
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")  # where it is although PATH of a user does not say so
_PATIENCE = 10.0  # seconds for an answer of HAProxy, which takes a millisecond
_LONGEST_DRAIN = 3660.0
_LOOK = 0.01
_LONGEST = 100  # bytes of a socket's path, which may have 104 or 108


def program() -> str:
    """Find HAProxy; raises InfrastructureError where it is not installed."""
    found = shutil.which("haproxy") or next(
        (path for place in _PLACES if (path := shutil.which("haproxy", path=place))), None
    )
    if found is None:
        raise InfrastructureError(
            "`blue_green` needs HAProxy, which is not installed",
            hint="apt-get install haproxy, or brew install haproxy",
        )
    return found


@dataclass(frozen=True)
class Proxy:
    """One HAProxy: the folder that it was started in, and the compiled configuration that it is to go by."""

    folder: Path
    compiled: Path

    @property
    def process(self) -> Detached:
        """The process."""
        return Detached(self.folder, "haproxy")

    def ensure(self) -> bool:
        """See that it runs, by the configuration as it is compiled now; True where it was started.

        Raises:
            InfrastructureError: it is not installed, cannot listen, or runs and does not answer.
            ConfigurationError: it does not take its configuration.
            StaleError: it runs by another one.
        """
        wanted = self.compiled.read_bytes()
        if self.process.alive():
            self.weights()
            if bytes_of(self._taken) != wanted:
                hint = "mlops serve NAME --stop, then --switch again: requests in between are refused"
                raise StaleError(f"HAProxy runs by an earlier text of {self.compiled}", hint=hint)
            return False
        write_bytes(self._taken, wanted)
        self._check()
        begun = self.process.start([program(), "-db", "-f", str(self._taken.absolute())], self.folder)
        until = time.monotonic() + _PATIENCE
        while (code := begun.code()) is None:
            try:
                self.weights()
            except InfrastructureError:
                if time.monotonic() >= until:
                    raise
                time.sleep(_LOOK)
            else:
                return True
        raise _unbound(begun, code)

    def weights(self) -> dict[str, int]:
        """Tell which server has what share of the requests: all of them, or none, but while it is moved."""
        return {name: int(self._told(f"get weight {_BACKEND}/{name}").split()[0]) for name in SERVERS}

    def serving(self) -> tuple[str, ...]:
        """Name the servers that requests go to: one, or none yet; two where a move was cut short."""
        return tuple(name for name, weight in self.weights().items() if weight)

    def move(self, to: str | None) -> None:
        """Have one server, or none, answer what comes from now on, and the other what it has.

        Raises:
            InfrastructureError: HAProxy does not answer, or does not do so.
        """
        others = [name for name in SERVERS if name != to]
        lines = [f"set server {_BACKEND}/{to} weight {_ALL}"] if to else []  # first: somebody answers at any moment
        lines += [f"set server {_BACKEND}/{name} weight 0" for name in others]
        said = self._ask("; ".join(lines)).strip()
        if said or self.serving() != ((to,) if to else ()):
            raise InfrastructureError(f"HAProxy did not move to {to or 'nobody'}: {said or 'it says nothing'}")

    def under_way(self, server: str) -> int:
        """Count the requests that a server answers at this moment."""
        lines = self._ask(f"show stat {_BACKEND} 4 -1").removeprefix("# ").splitlines()
        names = lines[0].split(",")
        rows = [dict(zip(names, line.split(","), strict=False)) for line in lines[1:] if line]
        return next(int(row["scur"]) for row in rows if row["svname"] == server)

    def drain(self, server: str, seconds: float) -> int:
        """Wait until a server that no request goes to any more answers none; give how many it still has after that."""
        until = time.monotonic() + seconds
        while (left := self.under_way(server)) and time.monotonic() < until:
            time.sleep(_LOOK)
        return left

    def cut(self, server: str) -> None:
        """Close the connections of requests that a server still answers."""
        self._ask(f"shutdown sessions server {_BACKEND}/{server}")

    def stop(self) -> None:
        """Have it take no new connections, and end when those that it has are answered: it knows for how long."""
        self.process.tell(signal.SIGUSR1)
        until = time.monotonic() + _LONGEST_DRAIN
        while self.process.alive() and time.monotonic() < until:
            time.sleep(_LOOK)
        self.process.end(_PATIENCE)

    @property
    def _taken(self) -> Path:
        return self.folder / "haproxy.cfg"

    def _check(self) -> None:
        """Have HAProxy read its configuration, which opens no port."""
        command = [program(), "-c", "-q", "-f", str(self._taken.absolute())]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            message = f"HAProxy does not take {self.compiled}: {_alert(done.stdout + done.stderr)}"
            raise ConfigurationError(message, hint="haproxy -v: it takes 2.2 or later")

    def _told(self, command: str) -> str:
        said = self._ask(command).strip()
        if not said[:1].isdigit():
            raise InfrastructureError(f"HAProxy in {self.folder} answers otherwise than expected: {said[:200]}")
        return said

    def _ask(self, command: str) -> str:
        try:
            return _short(self.folder / SOCKET, lambda path: _speak(path, command))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InfrastructureError(
                f"HAProxy (in {self.folder}) does not answer at its runtime socket: {reason}",
                hint="mlops serve NAME --stop, then --switch again: requests in between are refused",
            ) from error


def _speak(path: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(_PATIENCE)
        asking.connect(path)
        asking.sendall(f"{command}\n".encode("ascii"))
        found = bytearray()
        while part := asking.recv(1 << 16):
            found += part
    return found.decode("utf-8", "replace")


def _short(path: Path, use: Callable[[str], str]) -> str:
    """Use a socket by a name that is short enough for one, whatever folder it lies in."""
    whole = str(path.absolute())
    if len(whole.encode()) <= _LONGEST:
        return use(whole)
    with tempfile.TemporaryDirectory(prefix="mlops-") as folder:
        (Path(folder) / "to").symlink_to(path.parent.absolute(), target_is_directory=True)
        return use(str(Path(folder) / "to" / path.name))


def _unbound(begun: Begun, code: int) -> InfrastructureError:
    said = begun.said()
    taken = "Address already in use" in said
    hint = "choose another `port`, or end who listens there" if taken else ""
    return InfrastructureError(f"HAProxy did not start: {_alert(said) or f'it ended with {code}'}", hint=hint)


def _alert(said: str) -> str:
    """Take the first alert out of what HAProxy prints, without its number and its own name."""
    alerts = [line.partition(" : ")[2] for line in said.splitlines() if line.startswith("[ALERT]")]
    return alerts[0].strip() if alerts else said.strip()[-200:]
