"""`deploy:` where the packaged model runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.spec.block import Block


class LocalTarget(Block):
    """The inference server as a process on this machine."""

    kind: Literal["local"] = "local"
    """Name of the kind."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Port to listen on."""
