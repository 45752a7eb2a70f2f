"""The inference server as an image of a container."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, StringConstraints

from mlops.blocks.cluster import Repository
from mlops.blocks.limits import Limits
from mlops.files.compiled_text import header
from mlops.kinds.kind import of_block
from mlops.kinds.union import Kinded
from mlops.targets.local import Auth

# https://pkg.go.dev/github.com/distribution/reference: what a registry takes, without upper case
_NAMED = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
_HOST = r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?"
_TAG, _DIGEST = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", r"sha256:[0-9a-f]{64}"
_IMAGE = rf"({_HOST}/)?{_NAMED}(/{_NAMED})*(:{_TAG})?(@{_DIGEST})?"
_NOT_SERVED = {
    "antlr4-python3-runtime",
    "hydra-core",
    "jinja2",
    "markupsafe",
    "omegaconf",
}
"""Of the core's packages, those that compose and compile: no server imports them."""
USER = 65532
"""The user that the server runs as; nobody's on the machine."""


class ContainerTarget(Kinded):
    """The inference server as an image of a container: no shell, no root, a file system that only reads."""

    kind: Literal["container"]
    """Name of the kind."""
    base: Annotated[str, StringConstraints(pattern=rf"^{_IMAGE}$", max_length=400)]
    """Image whose Python, one of glibc, the server's is taken from; pin it: `python:3.12-slim@sha256:…`."""
    repository: Repository | None = None
    """Where the workflow of the main branch pushes the image of each registered bundle, with its provenance: by digest,
    and with the bundle's as a tag. Not at all where absent."""
    port: Annotated[int, Field(ge=1024, le=65535)] = 8080
    """Port to listen on."""
    auth: Auth | None = None
    """A token that every request must bring, `/ping` and `/health` excepted; no image holds it."""
    behind: Literal["proxy"] | None = None
    """A proxy in front of the container says who may ask."""
    limits: Limits = Limits()
    """What the server takes from those who ask."""


class Told(Protocol):
    """A target whose server is told by arguments where it listens, whom it answers, and what it takes."""

    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def auth(self) -> Auth | None: ...  # noqa: D102
    @property
    def behind(self) -> str | None: ...  # noqa: D102
    @property
    def limits(self) -> Limits: ...  # noqa: D102


def exposed(target: ContainerTarget) -> str | None:
    """Name the address at which whoever reaches it may ask the model; None where somebody says who may."""
    return None if target.auth is not None or target.behind is not None else "the container"


def render(pipeline: str, source: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the Dockerfile of one pipeline's images, by path below the target's folder.

    Its stages are images by themselves: `runtime` serves any bundle, `model` is a bundle alone, `image` is both.
    """
    target = ContainerTarget.model_validate(said)
    place = f"/models/{pipeline}"
    return {
        "Dockerfile": header(source)
        + _DOCKERFILE.format(
            base=target.base,
            user=USER,
            port=target.port,
            place=place,
            name=pipeline,
            command=json.dumps([place, *arguments(target)]),
        )
    }


def arguments(target: Told) -> Iterator[str]:
    """List what `mlops serve` is told after the bundle's folder."""
    yield from ("--host", "0.0.0.0", "--port", str(target.port))  # noqa: S104 - the container's own network
    if target.auth is not None:
        yield from ("--token-from", target.auth.token_from)
    if target.behind is not None:
        yield from ("--behind", target.behind)
    for key, value in target.limits.model_dump(exclude_defaults=True).items():
        yield from ("--limit", f"{key}={value}")


def needed(lock: str) -> Iterator[str]:
    r"""List the lines of a lock that an image installs: without the packages that no server imports.

    Example:
        >>> list(needed("hydra-core==1 \\\n    --hash=sha256:aa\nnumpy==2 \\\n    --hash=sha256:bb\n"))
        ['numpy==2 \\', '    --hash=sha256:bb']
    """
    wanted = True
    for line in lock.splitlines():
        if named := re.match(r"[a-z0-9][a-z0-9._-]*(?===)", line):
            wanted = named.group() not in _NOT_SERVED
        if wanted and not line.startswith("#"):
            yield line


_DOCKERFILE = """\
# What it is built from is laid out by: mlops image {name}
FROM {base} AS build
ARG PIP_NO_INDEX
WORKDIR /build
COPY requirements.txt image_root.py ./
COPY wheels wheels/
RUN python3 -m venv /venv \\
    && /venv/bin/python -m pip install --disable-pip-version-check --no-cache-dir --no-compile --only-binary :all: \\
        --require-hashes --no-deps --find-links wheels --target /app --requirement requirements.txt \\
    && python3 image_root.py /app /image

FROM scratch AS runtime
COPY --from=build /image/ /
ENV PYTHONPATH=/app PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 ORT_DISABLE_TELEMETRY=1
LABEL org.opencontainers.image.base.name="{base}"
USER {user}:{user}
EXPOSE {port}
STOPSIGNAL SIGTERM
ENTRYPOINT ["/python", "-m", "mlops", "serve"]

FROM scratch AS model
ARG BUNDLE
LABEL org.opencontainers.image.title="{name}" org.opencontainers.image.version="$BUNDLE"
COPY bundle {place}

FROM runtime AS image
ARG BUNDLE
LABEL org.opencontainers.image.title="{name}" org.opencontainers.image.version="$BUNDLE"
COPY --from=model /models /models
CMD {command}
"""

KIND = of_block(ContainerTarget, {"exposed": exposed, "render": render}, splits_traffic=False)
