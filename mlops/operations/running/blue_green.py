"""`mlops serve NAME --switch`: a process of its own serves the bundle that is live, and takes over behind HAProxy.

Level-triggered: every run looks at what serves, asks it, and does what is left to do, so that one which died anywhere
is finished by the next. The order is: start the next server by digest, have it answer its golden rows, have HAProxy
move to it, let the other end what it has, end it. Until the move nothing changes for those who ask; what cannot prove
itself never gets a request. A rollback is a switch to the bundle that the release file names again.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.bundle.contents import Contents
from mlops.bundle.golden import Golden
from mlops.compiler.files import render_deploy
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, MlopsError, StaleError
from mlops.files.alone import alone
from mlops.files.atomic import bytes_of, write_bytes
from mlops.files.canonical import dumps
from mlops.files.figures import plural
from mlops.files.relative import NAME
from mlops.files.system import refusing
from mlops.operations.live.bundles import TOLERANCE
from mlops.operations.processes.detached import Begun, Detached
from mlops.operations.running.haproxy import Proxy
from mlops.operations.running.serve import ask_golden, find_settings, is_pipeline, vouching
from mlops.operations.running.site import EXAMPLE, Site
from mlops.targets.local import SERVERS

FOLDER = ".mlops/blue-green"
"""Where the processes of a pipeline in an environment keep what they print, and how they are found again."""
_PATIENCE = 900.0  # seconds until a server that starts is given up: one that ends is noticed at once
_GRACE = 20.0  # seconds for a server to end, which has 10 for requests under way
_LOOK = 0.02


@dataclass(frozen=True)
class Switched:
    """What a switch did: `state` is `in sync`, `started` where nothing served before, or `switched`.

    `cut` counts requests of the server before that took longer than they might.
    """

    bundle: str
    before: str | None
    server: str
    state: str
    rows: int
    cut: int = 0

    @property
    def told(self) -> str:
        """Say it in a line."""
        done = {"in sync": "serves it already", "started": "serves, where nothing did"}
        how = done.get(self.state, f"serves, in place of {(self.before or 'one that did not answer')[:19]}…")
        proof = f"; {self.rows} golden rows answered as expected" if self.rows else ""
        cut = f"; {plural(self.cut, 'request')} of the one before took too long" if self.cut else ""
        return f"bundle {self.bundle[:19]}…: {self.server} {how}{proof}{cut}"


@dataclass(frozen=True)
class Stopped:
    """Which servers were ended."""

    servers: tuple[str, ...]


def site_of(root: Path, name: str, environment: str | None, digest: str) -> Site:
    """Find the site of a pipeline; `digest` is the bundle that a server of it is to serve.

    Raises:
        ConfigurationError: no target of it says `blue_green`, or several do.
        StaleError: HAProxy's compiled configuration is not what the YAML says.
    """
    from mlops.operations.workspace import open_workspace

    if not is_pipeline(root, name):
        raise ConfigurationError(f"--switch goes by `deploy:` of a pipeline, and {name} is none", hint=EXAMPLE)
    found = find_settings(root, name, environment)
    if found.target is None or found.target.blue_green is None:
        raise ConfigurationError(f"{name}: --switch needs a target with `blue_green`", hint=EXAMPLE)
    path = f"pipelines/{name}/deploy/{found.key}/haproxy.cfg"
    wanted = render_deploy(open_workspace(root, (name,)).plan).get(path)
    if wanted is None or bytes_of(root / path) != wanted.encode():
        raise StaleError(f"{path} is not what the YAML says", hint="mlops compile, and commit it")
    here = () if environment is None else ("--env", environment)
    command = (sys.executable, "-P", "-m", "mlops", "serve", name, *here, "--expect", digest, "--host", "127.0.0.1")
    return Site(_folder(root, name, environment), root / path, found.target, command, root)


def _folder(root: Path, name: str, environment: str | None) -> Path:
    return root / FOLDER / name / (environment or "last")  # no environment: the last run's bundle is served


def switch_live(root: Path, name: str, environment: str | None, told: Callable[[str], None]) -> Switched:
    """Have what is live of a pipeline in an environment take over on this machine; `told` is told each step.

    Raises:
        MlopsError: what `choose`, `site_of` and `switch` raise.
    """
    from mlops.operations.live.live import choose

    chosen = choose(root, name, environment)
    site = site_of(root, name, chosen.environment, chosen.digest)
    contents = Contents.read(chosen.folder, chosen.digest)
    vouching(root, name, chosen.folder)(contents)
    return switch(site, contents, told)


def switch(site: Site, contents: Contents, told: Callable[[str], None] = lambda _: None) -> Switched:
    """Have a server of a bundle take over; what serves goes on until it has proven itself, and where it does not.

    Raises:
        IntegrityError: it answers its golden rows otherwise than expected, or refuses its bundle.
        InfrastructureError: it does not start; HAProxy does not, or does not answer.
        StaleError: HAProxy runs by another configuration than the one that is compiled.
    """
    site.folder.mkdir(parents=True, exist_ok=True)
    with alone(site.folder / "lock", lambda: told("another switch is under way: waiting")):
        if site.proxy.ensure():
            told(f"HAProxy listens on {site.target.host}:{site.target.port}")
        now = _restored(site)
        before = None if now is None else _bundle(site, now)
        if now is not None and before == contents.digest and _as_told(site, now, contents):
            cut = _retire(site, now)
            return Switched(contents.digest, before, now, "in sync", 0, cut)
        after = next(name for name in SERVERS if name != now)
        try:
            rows = _proven(site, after, contents, told)
        except (MlopsError, OSError) as error:
            raise _staying(error, site, after, now, before) from error
        told(f"{after} answers its golden rows as expected")
        site.proxy.move(after)
        write_bytes(site.folder / "serving", f"{after}\n".encode())
        told(f"{after} has taken over")
        cut = _retire(site, after)
        return Switched(contents.digest, before, after, "started" if now is None else "switched", rows, cut)


def stop(folder: Path) -> Stopped:
    """End HAProxy, which answers what it has, and then the servers: whatever the YAML says of them by now."""
    with alone(folder / "lock"):
        Proxy(folder, folder / "haproxy.cfg").stop()
        ended = tuple(name for name in SERVERS if Detached(folder, name).alive())
        for name in ended:
            Detached(folder, name).end(_GRACE)
    return Stopped(ended)


def stop_all(root: Path, name: str, environment: str | None) -> Stopped:
    """End what `switch_live` started of a pipeline in an environment, the live one by default.

    Raises:
        ConfigurationError: no such thing was ever started.
    """
    from mlops.operations.live.releases import usual
    from mlops.operations.project import open_project

    place = environment or usual(root, open_project(root, name)[1])
    folder = _folder(root, name, place)
    if not (NAME.fullmatch(name) and (place is None or NAME.fullmatch(place)) and folder.is_dir()):
        where = "" if place is None else f" in {place}"
        raise ConfigurationError(f"nothing of {name} was started{where} by --switch", hint="--env names another")
    return stop(folder)


def _restored(site: Site) -> str | None:
    """Name the server that answers; a HAProxy that was started anew is moved to the one that did before."""
    serving = site.proxy.serving()
    last = (bytes_of(site.folder / "serving") or b"").decode("ascii", "replace").strip()
    if len(serving) == 1 and site.process(serving[0]).alive():
        return serving[0]
    for name in dict.fromkeys((last, *serving)):  # no other has answered its golden rows
        if name in SERVERS and site.process(name).alive() and _bundle(site, name) is not None:
            site.proxy.move(name)
            return name
    site.proxy.move(None)  # else the next to start had requests before it has proven itself
    (site.folder / "serving").unlink(missing_ok=True)
    return None


def _retire(site: Site, stays: str) -> int:
    """End the other server when it has answered what it has; give how many requests were cut off."""
    other = next(name for name in SERVERS if name != stays)
    if not site.process(other).alive():
        return 0
    cut = site.proxy.drain(other, site.pair.drain_seconds)
    if cut:
        site.proxy.cut(other)
    site.process(other).end(_GRACE)
    return cut


def _proven(site: Site, server: str, contents: Contents, told: Callable[[str], None]) -> int:
    """Start a server, unless it runs as it should, and have it answer its golden rows; give how many there are."""
    process, port = site.process(server), site.port(server)
    if not (_as_told(site, server, contents) and _bundle(site, server) == contents.digest):
        process.end(_GRACE)
        _refuse_taken(port)
        told(f"{server} starts with {contents.digest[:19]}… on port {port}")
        write_bytes(site.folder / f"{server}.json", _settings(site, contents))
        begun = process.start([*site.command, "--port", str(port), "--limit", "drain_seconds=0"], site.cwd)
        _await(site, server, begun)
    golden = Golden.of(contents)
    answers, digest = ask_golden(f"http://127.0.0.1:{port}", golden.rows, site.headers)
    if digest != contents.digest:
        raise IntegrityError(f"{server} serves {digest[:19]}…, and not {contents.digest[:19]}…")
    if not _equal(answers, golden.scores):
        raise IntegrityError(f"{server} answers its golden rows otherwise than when the bundle was made")
    return len(golden.rows)


def _equal(answers: Any, scores: Any) -> bool:
    """Compare scores, a number or several each, as whoever releases a bundle does."""
    if isinstance(scores, list | tuple):
        held = isinstance(answers, list) and len(answers) == len(scores)
        return held and all(_equal(*pair) for pair in zip(answers, scores, strict=True))
    return isinstance(answers, int | float) and abs(answers - scores) <= TOLERANCE * max(1.0, abs(scores))


def _refuse_taken(port: int) -> None:
    """Refuse a port that another process has: it might answer before the server finds that it cannot listen."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            said = f"cannot listen on 127.0.0.1:{port}: {error.strerror}"
            raise InfrastructureError(said, hint="choose other `ports`, or end who listens there") from error


def _await(site: Site, server: str, begun: Begun) -> None:
    until = time.monotonic() + _PATIENCE
    while (code := begun.code()) is None:
        with suppress(OSError, http.client.HTTPException):
            if _get(site, server, "/health")[0] == 200:
                return
        if time.monotonic() >= until:
            raise InfrastructureError(f"{server} has not answered in {_PATIENCE:.0f} s")
        time.sleep(_LOOK)
    lines = [line for line in begun.said().splitlines() if line and not line.startswith("warning: ")]
    hint = next((line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")), "")
    said = " ".join(line for line in lines if not line.startswith("hint: "))[-400:] or f"it ended with {code}"
    kinds = {kind.exit_code: kind for kind in (ConfigurationError, IntegrityError, StaleError)}
    raise kinds.get(code, InfrastructureError)(f"{server} did not start: {said}", hint=hint)


def _staying(error: MlopsError | OSError, site: Site, server: str, now: str | None, before: str | None) -> MlopsError:
    """End what did not prove itself, and say what still answers."""
    with suppress(MlopsError, OSError):
        site.process(server).end(_GRACE)
    told = refusing(error) if isinstance(error, OSError) else error
    stays = "nothing serves" if now is None else f"{now} goes on serving {(before or 'what it did')[:19]}…"
    return type(told)(f"{told.message}; {stays}", hint=told.hint)


def _settings(site: Site, contents: Contents) -> bytes:
    """Spell what a server is started with: other limits of the same bundle make another server."""
    target = site.target.model_dump(mode="json", exclude={"blue_green", "port", "host"})
    return dumps({"bundle": contents.digest, "command": [*site.command], "target": target}).encode()


def _as_told(site: Site, server: str, contents: Contents) -> bool:
    started = bytes_of(site.folder / f"{server}.json")
    return site.process(server).alive() and started == _settings(site, contents)


def _bundle(site: Site, server: str) -> str | None:
    """Ask a server which bundle it serves; None where it does not answer."""
    with suppress(OSError, http.client.HTTPException, ValueError):
        status, body = _get(site, server, "/version")
        if status == 200:
            return str(json.loads(body)["bundle"])
    return None


def _get(site: Site, server: str, path: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", site.port(server), timeout=_GRACE)
    try:
        client.request("GET", path, headers=site.headers)
        answer = client.getresponse()
        return answer.status, answer.read(1 << 16)
    finally:
        client.close()
