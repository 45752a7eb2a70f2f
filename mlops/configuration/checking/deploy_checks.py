"""Where a model is served: by what, who can reach it, and who may ask it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline
from mlops.targets import TARGETS

_ADDRESS = re.compile(r"[A-Za-z0-9._:-]+|\*")


def target_without_kind(pipeline: Pipeline) -> Iterator[Problem]:
    """A target that is called otherwise than the kind it gets says that kind: `docker: {}` would be no container."""
    for name, target in pipeline.deploy.items():
        if "kind" in target.model_fields_set or name == target.kind:
            continue
        known = ", ".join(f"`{kind}`" for kind in TARGETS)
        message = f"the target `{name}` has no `kind`" + ("" if name in TARGETS else ", and no kind is called so")
        hint = f"write `kind: {name if name in TARGETS else target.kind}` beside its keys; kinds of targets: {known}"
        yield Problem(("deploy", name), message, hint, "target-without-kind")


def exposed_server(pipeline: Pipeline) -> Iterator[Problem]:
    """A server that others can reach asks them for a token, or stands behind a proxy that does."""
    for name, target in pipeline.deploy.items():
        if (host := TARGETS[target.kind].load("exposed")(target)) is not None:
            message = f"whoever reaches {host} may ask the model, and read its schema"
            hint = "write `auth: {token_from: NAME}`, or `behind: proxy` where a proxy says who may ask"
            yield Problem(("deploy", name, "host"), message, hint, "exposed-server")


def proxy_reads_an_address(pipeline: Pipeline) -> Iterator[Problem]:
    """HAProxy reads the host out of a file in which another line could start a program."""
    for name, target in pipeline.deploy.items():
        if getattr(target, "blue_green", None) is not None and not _ADDRESS.fullmatch(getattr(target, "host", "")):
            message = "HAProxy is to listen there, and that is no address: it would read more than one out of it"
            yield Problem(("deploy", name, "host"), message, "write an IP address or a host's name", "code-in-yaml")


def log_without_a_place(pipeline: Pipeline) -> Iterator[Problem]:
    """What `monitor:` reads is written somewhere: a pipeline that is served by the cloud alone would have nothing."""
    kept = [TARGETS[target.kind].can.get("keeps_log", True) for target in pipeline.deploy.values()]
    if pipeline.monitor is None or not kept or any(kept):
        return
    name, target = next(iter(pipeline.deploy.items()))
    message = f"`monitor` reads a prediction log, and a target of the kind `{target.kind}` keeps none"
    hint = "leave `monitor` away, or serve from a target that keeps one, such as `kind: local`"
    yield Problem(("deploy", name), message, hint, "log-without-a-place")
