"""`metrics:` where a server sends what it counts, beside answering `/metrics`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mlops.blocks.block import Block


def _collector(text: str) -> str:
    """Refuse what is no address of a collector, or holds what is secret."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("no address of a collector: https://HOST, or http://HOST:4318")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "an address holds no secret: tokens are headers, and those stand in the environment variable "
            "OTEL_EXPORTER_OTLP_HEADERS"
        )
    return text


class MetricsPush(Block):
    """Where a server sends the numbers of `/metrics`, and how often: OTLP over HTTP, in JSON."""

    otlp: Annotated[str, Field(max_length=300), AfterValidator(_collector)]
    """Address of the collector, to which `/v1/metrics` is added; its headers stand in `OTEL_EXPORTER_OTLP_HEADERS`."""
    every_seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """Between two times that they are sent."""
