"""Serve a bundle, or prove that it can be served."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, TypeVar

from pydantic import ValidationError

from mlops.blocks.block import Block
from mlops.blocks.limits import Limits
from mlops.bundle.contents import Contents
from mlops.bundle.golden import Golden
from mlops.bundle.manifest import NAME
from mlops.bundle.table import Row
from mlops.configuration.load import names
from mlops.configuration.reading.library import Configuration
from mlops.diagnostics import slips, suggest
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.loopback import opener, told
from mlops.operations.watching.prediction_log import Log, open_log
from mlops.serve.dialects.environment import port_of
from mlops.targets import TARGETS
from mlops.targets.local import Auth, LocalTarget

Vouched = Callable[[Contents], None]
"""Raises where nobody vouches for a bundle that was read."""
_Block = TypeVar("_Block", bound=Block)
_WARNING = "warning: "
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
        ConfigurationError: the repository has pipelines, and none of that name.
        StaleError: the repository has environments, and nothing of the pipeline is live there.
        InfrastructureError: there is no bundle yet.
    """
    if root is not None and is_pipeline(root, name):
        from mlops.operations.live.live import choose

        chosen = choose(root, name, environment)
        return chosen.folder, chosen.told, chosen.environment
    if environment is None and Path(name, NAME).is_file():
        return Path(name), "", None
    if root is None:
        raise InfrastructureError(
            f"{name}: there is no bundle in such a folder, and no repository here whose pipeline it could be",
            hint="mlops serve path/to/bundle, the folder with manifest.json",
        )
    known = names(Configuration(root))
    if known and name not in known:
        message = f"there is no pipeline `{name}`, and no bundle in such a folder"
        raise ConfigurationError(message, hint=suggest(name, known))
    raise InfrastructureError(f"{name}: there is no bundle", hint=f"mlops run {name}")


def is_pipeline(root: Path, name: str) -> bool:
    """A name, not a path: `pipelines` / "/elsewhere" would be the folder /elsewhere itself."""
    return any(folder.name == name and folder.is_dir() for folder in (root / "pipelines").glob("*"))


@dataclass(frozen=True)
class Settings:
    """What the YAML of a pipeline says of its server: the log that the monitor reads, and where it listens."""

    log: Log | None = None
    target: LocalTarget | None = None
    key: str = ""
    """What the target is called; empty where there is none."""


def find_settings(root: Path, name: str, environment: str | None = None) -> Settings:
    """Read what a pipeline says of its server in an environment; nothing where the name is no pipeline.

    Of several targets it is the one with the environment's name, or `local`.

    Raises:
        ConfigurationError: the pipeline's YAML does not hold.
    """
    from mlops.operations.workspace import open_workspace

    if not is_pipeline(root, name):
        return Settings()
    spec = open_workspace(root, (name,)).pipelines[name].spec
    log = None if spec.monitor is None else open_log(root, name, spec.monitor, environment)
    here = {key: target for key, target in spec.deploy.items() if isinstance(target, LocalTarget)}
    named = (key for key in (environment, "local") if key in here)
    only = next(iter(here)) if len(here) == 1 else ""
    key = next((key for key in named if key is not None), only)
    return Settings(log, here.get(key), key)


def target_of(
    declared: LocalTarget | None,
    *,
    host: str | None = None,
    port: int | None = None,
    token_from: str | None = None,
    behind: str | None = None,
    limits: Sequence[str] = (),
    workers: int | None = None,
    log_format: str | None = None,
) -> LocalTarget:
    """Change what YAML says of a server, or the defaults, by what was typed; `limits` are texts `key=number`.

    Where no port was typed, the one counts that whoever runs a container tells by the environment.

    Raises:
        ConfigurationError: something typed cannot be.
    """
    target = declared or LocalTarget()
    changed = {
        "host": host,
        "port": port if port is not None else port_of(os.environ),
        "behind": behind,
        "workers": workers,
        "log_format": log_format,
        "auth": None if token_from is None else _typed(Auth, "--token-from", token_from=token_from),
        "limits": _limits(limits, target.limits) if limits else None,
    }
    return target.model_copy(update={key: value for key, value in changed.items() if value is not None})


def _limits(given: Sequence[str], base: Limits) -> Limits:
    changed: dict[str, float] = {}
    for text in given:
        key, _, number = text.partition("=")
        if key not in Limits.model_fields:
            raise ConfigurationError(f"--limit {text}: there is no such limit", hint=suggest(key, Limits.model_fields))
        try:
            changed[key] = int(number) if number.isdecimal() else float(number)
        except ValueError:
            raise ConfigurationError(f"--limit {text}: that is no number", hint=f"--limit {key}=NUMBER") from None
    return _typed(Limits, "--limit", **(base.model_dump() | changed))


def _typed(block: type[_Block], option: str, **given: Any) -> _Block:
    try:
        return block.model_validate(given)
    except ValidationError as error:
        first = slips(error)[0]
        raise ConfigurationError(f"{option}: `{first.key}`: {first.message.removeprefix('Value error, ')}") from None


def vouching(
    root: Path | None, name: str, folder: Path, policy: Path | None = None, signature: Path | None = None
) -> Vouched:
    """Give what holds a bundle to its signature when a server starts, and prints a warning where nobody signed.

    `policy` is a copy of conf/policy.yaml, for a folder outside of any repository, `signature` a file that lies
    elsewhere than beside the bundle.
    """
    from mlops.operations.live.signed import Signers, look_beside, look_into

    def vouched(contents: Contents) -> None:
        if policy is None and root is None:
            return
        if policy is None and signature is None and root is not None and is_pipeline(root, name):
            if not Signers.of(root).known:
                return
            from mlops.operations.live.registered_signature import hold_asking
            from mlops.operations.project import open_project

            held = hold_asking(root, open_project(root, name)[1], name, contents, folder)
        else:
            signers = Signers.from_file(policy) if policy is not None else Signers.of(root or Path())
            look = look_beside(folder) if signature is None else look_into(signature)
            held = signers.hold(contents, (look,), date.today(), folder)
        if held.warning:
            print(f"{_WARNING}{held.warning}", file=sys.stderr, flush=True)

    return vouched


def start(bundle: Path, target: LocalTarget, **options: Any) -> None:
    """Serve until told to stop, where and for whom `target` says; `options` are those of `serve.server.serve`."""
    TARGETS[target.kind].load("serve")(bundle, target, **options)


def replay(bundle: Path, expected: str | None = None, vouched: Vouched | None = None) -> Replayed:
    """Start a server on a free port, send it the golden rows over HTTP, compare bit for bit, stop it.

    Raises:
        IntegrityError: the bundle is not what its manifest says, or an answer differs from what was expected offline.
        InfrastructureError: the server does not answer.
    """
    contents = Contents.read(bundle, expected)
    if vouched is not None:
        vouched(contents)
    golden = Golden.of(contents)
    started = time.monotonic()
    command = [sys.executable, "-P", "-m", "mlops", "serve", str(bundle.resolve()), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603 - constant but for a path
        try:
            address = _address(server.stderr)
            ready = time.monotonic() - started
            sent = time.monotonic()
            answers, digest = ask_golden(address, golden.rows)
            seconds = time.monotonic() - sent
        finally:
            server.terminate()
    if answers != list(golden.scores):
        different = sum(answer != score for answer, score in zip(answers, golden.scores, strict=False))
        raise IntegrityError(f"{different} of {len(golden.rows)} golden rows are answered otherwise than expected")
    return Replayed(digest, len(answers), ready, seconds)


def _address(stderr: IO[str] | None) -> str:
    """Read where the server answers, which it says once the port is open."""
    address, said = told(stderr or ())
    if address is None:
        raise InfrastructureError(f"the server did not start: {said.strip()}")
    return address


def ask_golden(
    address: str, rows: Sequence[Row], headers: Mapping[str, str] = MappingProxyType({})
) -> tuple[list[Any], str]:
    """Send rows to a server, and give its answers and the digest of the bundle that made them.

    Raises:
        InfrastructureError: it does not answer.
    """
    body = json.dumps({"dataframe_records": rows}).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{address}/invocations", body, headers)  # noqa: S310 - an address of our own server
    try:
        with opener(address).open(request, timeout=_PATIENCE) as response:
            return json.load(response)["predictions"], str(response.headers["X-Bundle-Digest"])
    except (OSError, http.client.HTTPException) as error:  # one that dies meanwhile too
        raise InfrastructureError(f"the server does not answer: {error}") from error
