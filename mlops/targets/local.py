"""The inference server as a process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mlops.blocks.batch import Batch
from mlops.blocks.block import Block
from mlops.blocks.limits import Limits
from mlops.blocks.metrics_push import MetricsPush
from mlops.files.loopback import is_loopback
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.kinds.union import Kinded

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_FILE = re.compile(r"file://(/[A-Za-z0-9._+-]+)+")


def _reference(text: str) -> str:
    """Refuse what is no name of a secret; the value itself, most of all."""
    if _VARIABLE.fullmatch(text) or _FILE.fullmatch(text):
        return text
    raise ValueError(
        "a secret is named, never written: the name of an environment variable in capitals, or file:///path of a file"
    )


Reference = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_reference)]


class Auth(Block):
    """Who may ask: whoever sends `Authorization: Bearer TOKEN`."""

    token_from: Reference
    """Where the server finds the token when it starts: an environment variable's name, or `file:///path`."""


class LocalTarget(Kinded):
    """The inference server as a process on this machine."""

    kind: Literal["local"] = "local"
    """Name of the kind."""
    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    """Address to listen on; one that others can reach needs `auth` or `behind`."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Port to listen on."""
    auth: Auth | None = None
    """A token that every request must bring, `/ping` and `/health` excepted."""
    behind: Literal["proxy"] | None = None
    """A proxy in front of the server says who may ask."""
    limits: Limits = Limits()
    """What the server takes from those who ask."""
    batch: Batch = Batch()
    """How many requests that wait are scored together."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that answer on the port, each with the bundle in memory; `limits` are those of each."""
    metrics: MetricsPush | None = None
    """A collector that the numbers of `/metrics` are sent to; nowhere where absent."""
    log_format: Literal["plain", "ecs"] = "plain"
    """With `ecs` the server prints each answer as a line of JSON, by the Elastic Common Schema, to standard output:
    request, bundle, outcome, duration and rows, and nothing of what is in them."""


def serve(bundle: Path, target: LocalTarget, **options: Any) -> None:
    """Serve until told to stop; `options` are those of `mlops.serve.server.serve`."""
    token_from = None if target.auth is None else target.auth.token_from
    told = {"limits": target.limits, "batch": target.batch, "token_from": token_from, "behind": target.behind}
    how = {"workers": target.workers, "log_format": target.log_format, "metrics": target.metrics}
    load("mlops.serve.server:serve")(bundle, target.host, target.port, **told, **how, **options)


def exposed(target: LocalTarget) -> str | None:
    """Name the address at which whoever reaches it may ask the model; None where somebody says who may."""
    guarded = is_loopback(target.host) or target.auth is not None or target.behind is not None
    return None if guarded else target.host


KIND = of_block(LocalTarget, {"serve": serve, "exposed": exposed}, splits_traffic=False)
