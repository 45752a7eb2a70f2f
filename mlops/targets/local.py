"""The inference server as a process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mlops.blocks.batch import Batch
from mlops.blocks.block import Block
from mlops.blocks.limits import Limits
from mlops.blocks.metrics_push import MetricsPush
from mlops.files.compiled_text import header
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


Port = Annotated[int, Field(ge=1, le=65535)]
Reference = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_reference)]


class Auth(Block):
    """Who may ask: whoever sends `Authorization: Bearer TOKEN`."""

    token_from: Reference
    """Where the server finds the token when it starts: an environment variable's name, or `file:///path`."""


class BlueGreen(Block):
    """Two servers in turn behind HAProxy, on one machine: the next one proves itself before it takes over."""

    ports: Annotated[tuple[Port, Port], Field(strict=False)]
    """Ports of the two servers, blue and green, on 127.0.0.1; HAProxy listens on the target's own."""
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """That requests of the server which is replaced have to end; one that takes longer is cut off."""


class LocalTarget(Kinded):
    """The inference server as a process on this machine."""

    kind: Literal["local"] = "local"
    """Name of the kind."""
    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    """Address to listen on; one that others can reach needs `auth` or `behind`."""
    port: Port = 8080
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
    blue_green: BlueGreen | None = None
    """HAProxy in front, and two servers in turn behind it: `mlops serve NAME --env ENVIRONMENT --switch`."""

    @model_validator(mode="after")
    def _ports_differ(self) -> LocalTarget:
        if self.blue_green is not None and len({self.port, *self.blue_green.ports}) < 3:
            raise ValueError("HAProxy and its two servers listen on three ports: `port` and both of `ports` differ")
        return self


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


def render(pipeline: str, source: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the configuration of HAProxy for a target with `blue_green`, by path below the target's folder.

    Neither server has any weight in it: which one answers is told by the runtime socket, once it has proven itself.
    """
    target = LocalTarget.model_validate(said)
    if target.blue_green is None:
        return {}
    blue, green = target.blue_green.ports
    limits = target.limits
    host = f"[{target.host}]" if ":" in target.host else target.host
    seconds = {
        "stop": target.blue_green.drain_seconds + 1,
        "request": limits.header_seconds,
        "client": max(limits.body_seconds, limits.answer_seconds),
        "idle": 0.8 * limits.idle_seconds,
    }
    return {
        "haproxy.cfg": header(source)
        + _HAPROXY.format(
            name=pipeline,
            listen=f"{host}:{target.port}",
            connections=limits.connections,
            blue=blue,
            green=green,
            **{name: max(1, round(1000 * value)) for name, value in seconds.items()},
        )
    }


SERVERS = ("blue", "green")
"""The servers behind HAProxy, by the order of their ports."""
SOCKET = "haproxy.sock"
"""HAProxy's runtime socket, in the folder that it is started in."""
# A connection to a server ends with the client's, which HAProxy closes first: a server that closes an idle one meets
# no request on its way. What is tried again was never sent.
_HAPROXY = """\
# Started, and told which server answers, by: mlops serve {name} --switch
global
  maxconn {connections}
  hard-stop-after {stop}ms
  stats socket unix@haproxy.sock mode 600 level admin

defaults
  mode http
  balance roundrobin
  http-reuse never
  option redispatch
  retries 3
  timeout connect 5000ms
  timeout http-request {request}ms
  timeout http-keep-alive {idle}ms
  timeout client {client}ms
  timeout server 900000ms

frontend asked
  bind {listen}
  default_backend servers

backend servers
  server blue 127.0.0.1:{blue} weight 0
  server green 127.0.0.1:{green} weight 0
"""

KIND = of_block(LocalTarget, {"serve": serve, "exposed": exposed, "render": render}, splits_traffic=False)
