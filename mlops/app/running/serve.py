"""Serve a bundle, or prove that it can be served."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mlops.app.watching.prediction_log import Log, open_log
from mlops.bundle.contents import Contents
from mlops.bundle.manifest import NAME
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.place import Place

_PATIENCE = 900.0  # seconds for an answer: ends a server that hangs; one that dies is noticed at once


@dataclass(frozen=True)
class Replayed:
    """A replay that went well; `ready` and `seconds` are wall clock until the first answer and of the replay."""

    digest: str
    rows: int
    ready: float
    seconds: float


def find_bundle(root: Path | None, name: str, environment: str | None = None) -> tuple[Path, str, str | None]:
    """Find the bundle of a pipeline of the repository `root` that is live, or take the name for a folder.

    Gives the folder, a line that says which bundle it is (empty for a folder, which says it itself), and the
    environment that it is live in, if it is.

    Raises:
        StaleError: the repository has environments, and nothing of the pipeline is live there.
        InfrastructureError: there is no bundle yet.
    """
    if root is not None and _is_pipeline(root, name):
        from mlops.app.releasing.live import choose

        chosen = choose(root, name, environment)
        return chosen.folder, chosen.told, chosen.environment
    if environment is None and Path(name, NAME).is_file():
        return Path(name), "", None
    if root is None:
        raise InfrastructureError(
            f"{name}: there is no bundle in such a folder, and no repository here whose pipeline it could be",
            hint="mlops serve path/to/bundle, the folder with manifest.json",
        )
    raise InfrastructureError(f"{name}: there is no bundle", hint=f"mlops run {name}")


def _is_pipeline(root: Path, name: str) -> bool:
    """A name, not a path: `pipelines` / "/elsewhere" would be the folder /elsewhere itself."""
    return any(folder.name == name and folder.is_dir() for folder in (root / "pipelines").glob("*"))


def find_log(root: Path, name: str, environment: str | None = None) -> Log | None:
    """Find the log that the monitor of a pipeline in an environment reads.

    None where the pipeline has no `monitor:`, or the name is no pipeline.

    Raises:
        ConfigurationError: the pipeline's YAML does not hold.
    """
    from mlops.app.workspace import open_workspace

    if not _is_pipeline(root, name):
        return None
    spec = open_workspace(root, (name,)).pipelines[name].spec
    return None if spec.monitor is None else open_log(root, name, spec.monitor, environment)


def start(bundle: Path, host: str, port: int, log: Path | None = None, ship: Place | None = None) -> None:
    """Serve until told to stop; answers are written down in the folder `log`, and shipped from there to `ship`."""
    from mlops.serve.server import serve

    serve(bundle, host, port, log=log, ship=ship)


def replay(bundle: Path) -> Replayed:
    """Start a server on a free port, send it the golden rows over HTTP, compare bit for bit, stop it.

    Raises:
        IntegrityError: the bundle is not what its manifest says, or an answer differs from what was expected offline.
        InfrastructureError: the server does not answer.
    """
    golden = json.loads(Contents.read(bundle).files["golden.json"])
    started = time.monotonic()
    command = [sys.executable, "-m", "mlops", "serve", str(bundle.resolve()), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603 - constant but for a path
        try:
            address = _address(server.stderr)
            ready = time.monotonic() - started
            sent = time.monotonic()
            answers, digest = _ask(address, golden["rows"])
            seconds = time.monotonic() - sent
        finally:
            server.terminate()
    if answers != golden["scores"]:
        different = sum(answer != score for answer, score in zip(answers, golden["scores"], strict=False))
        raise IntegrityError(f"{different} of {len(golden['rows'])} golden rows are answered otherwise than expected")
    return Replayed(digest, len(answers), ready, seconds)


def _address(stderr: IO[str] | None) -> str:
    """Read the server's first line; it comes once the port is open."""
    line = stderr.readline() if stderr else ""
    address = line.strip().rpartition(" at ")[2]
    if not address.startswith("http://"):
        rest = stderr.read() if stderr else ""
        raise InfrastructureError(f"the server did not start: {(line + rest).strip()}")
    return address


def _ask(address: str, rows: list[dict[str, Any]]) -> tuple[list[Any], str]:
    body = json.dumps({"dataframe_records": rows}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/invocations", body, headers)  # noqa: S310 - an address of our own server
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310
            return json.load(response)["predictions"], str(response.headers["X-Bundle-Digest"])
    except (urllib.error.URLError, TimeoutError) as error:
        raise InfrastructureError(f"the server does not answer: {error}") from error
