"""What a real server costs: `mlops serve` in a process of its own, and the files that an image of it holds.

The server is asked itself, by `/metrics`, right after its first answer: seconds of CPU since its process began, and the
memory that it has then. CPU says the same on a machine that is busy; seconds of a clock would not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from importlib import metadata
from pathlib import Path
from typing import IO, Any, NamedTuple

import mlops
from mlops.bundle.contents import Contents
from mlops.errors import InfrastructureError
from mlops.files.loopback import opener, told
from mlops.targets import image_root
from mlops.targets.container import needed

_PACKAGE = Path(mlops.__file__).parent
_PATIENCE = 300.0  # seconds for an answer: ends a server that hangs; one that dies is noticed at once
_LOCKED = re.compile(r"([a-z0-9][a-z0-9._-]*)==[^\s;]+\s*(;)?")


class Started(NamedTuple):
    """A server right after its first answer: seconds of CPU it took, bytes it has in memory; None where not told."""

    cpu: float | None
    memory: int | None


def start(bundle: Path, row: Any) -> Started:
    """Start the server of a bundle, have it answer one row, ask what that took, and stop it.

    Raises:
        InfrastructureError: it does not start, or does not answer.
    """
    command = [sys.executable, "-P", "-m", "mlops", "serve", str(bundle.resolve()), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603 - constant but for a path
        try:
            address = _address(server.stderr)
            _ask(f"{address}/invocations", json.dumps({"dataframe_records": [row]}).encode())
            told = _ask(f"{address}/metrics").decode()
        finally:
            server.terminate()
            server.communicate()
    return read(told)


def read(metrics: str) -> Started:
    r"""Find what a server says of its process among its metrics.

    Example:
        >>> read("process_cpu_seconds_total 0.61\nprocess_resident_memory_bytes 9.4e7\n")
        Started(cpu=0.61, memory=94000000)
    """
    found = dict(re.findall(r"(?m)^process_(cpu_seconds_total|resident_memory_bytes) (\S+)$", metrics))
    cpu, memory = found.get("cpu_seconds_total"), found.get("resident_memory_bytes")
    return Started(None if cpu is None else float(cpu), None if memory is None else int(float(memory)))


def _address(stderr: IO[str] | None) -> str:
    """Read where the server answers, which it says once the port is open."""
    address, said = told(stderr or ())
    if address is None:
        raise InfrastructureError(f"the server that was to be measured did not start: {said.strip()}")
    return address


def _ask(address: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    try:
        with opener(address).open(request, timeout=_PATIENCE) as response:
            return bytes(response.read())
    except OSError as error:
        raise InfrastructureError(f"the server that was to be measured does not answer: {error}") from error


def image(bundle: Path, runtime: int) -> int:
    """Count the bytes of an image of `runtime` bytes that holds this bundle."""
    contents = Contents.read(bundle)
    return runtime + len(contents.manifest.dumps()) + sum(len(data) for data in contents.files.values())


def runtime() -> int:
    """Count the bytes of an image of the server alone: its root is laid out of what is installed, as in a build.

    The base's Python and shared objects are this machine's. What `mlops image` has built elsewhere may differ by them.

    Raises:
        InfrastructureError: it cannot be laid out here: a package is missing, or the machine has no glibc.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-image-") as folder:
        app, root = Path(folder, "app"), Path(folder, "root")
        app.mkdir()
        (app / "mlops").symlink_to(_PACKAGE)
        for name in packages((_PACKAGE / "locks" / "serve.txt").read_text("utf-8")):
            _link(name, app)
        command = [sys.executable, "-P", str(image_root.__file__), str(app), str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a file of ours
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["?"])[-1]
            raise InfrastructureError(f"an image cannot be laid out here: {last}", hint="measure on Linux with glibc")
        return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def packages(lock: str) -> list[str]:
    """List what a lock has an image install and is installed here; what is for other machines is left out.

    Raises:
        InfrastructureError: one is not installed that every machine needs.
    """
    found = []
    for line in needed(lock):
        if (named := _LOCKED.match(line)) is None:
            continue
        try:
            found.append(metadata.distribution(named[1]).metadata["Name"])
        except metadata.PackageNotFoundError:
            if named[2] is None:
                said = f"an image cannot be laid out here: {named[1]} is not installed"
                raise InfrastructureError(said, hint="install what mlops/locks/serve.txt names") from None
    return found


def _link(name: str, app: Path) -> None:
    """Put links to the files of an installed package where an installer would put them."""
    for file in metadata.distribution(name).files or ():
        place = app / file
        if ".." in file.parts or place.exists():  # what is not imported: programs, pages of a manual
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(Path(str(file.locate())).resolve())
