"""Where a model is served: who can reach it, and who may ask it."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline
from mlops.targets import TARGETS


def exposed_server(pipeline: Pipeline) -> Iterator[Problem]:
    """A server that others can reach asks them for a token, or stands behind a proxy that does."""
    for name, target in pipeline.deploy.items():
        if (host := TARGETS[target.kind].load("exposed")(target)) is not None:
            message = f"whoever reaches {host} may ask the model, and read its schema"
            hint = "write `auth: {token_from: NAME}`, or `behind: proxy` where a proxy says who may ask"
            yield Problem(("deploy", name, "host"), message, hint, "exposed-server")
