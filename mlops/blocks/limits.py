"""`limits:` what one server takes from those who ask, so that nobody shuts the others out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Limits(Block):
    """What one server takes: connections, requests and the time that each may need to arrive."""

    connections: Annotated[int, Field(ge=1, le=100_000)] = 512
    """Open at once. One more closes that which has kept the server waiting longest; where each is being answered, it
    is told to come back (503)."""
    headers: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Headers of a request."""
    header_bytes: Annotated[int, Field(ge=64, le=1_000_000)] = 32 << 10
    """Bytes of a request's headers."""
    header_seconds: Seconds = 10.0
    """Until a request's headers are there, counted from the connection or from their first byte."""
    body_bytes: Annotated[int, Field(ge=1, le=1_000_000_000)] = 16 << 20
    """Bytes of a request's body."""
    body_seconds: Seconds = 30.0
    """From the headers until the body is there."""
    rows: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    """Rows of a request."""
    answer_seconds: Seconds = 30.0
    """That a client may leave an answer unread."""
    idle_seconds: Seconds = 5.0
    """That a connection stays open between two requests."""
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    """After SIGTERM: `/health` says 503, and requests are still answered, before the port closes. 5 where it is not
    given; 0 on loopback without a proxy, where nobody sends requests elsewhere."""
