"""What is said of one request."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops.bundle.refusal import Refusals


@dataclass(slots=True)
class Answer:
    """What is said of one request, and what is counted of it.

    `identity` names it in the log, `request` is what the client, or a proxy before it, calls it, and `trace` the trace
    that it is a part of.
    """

    status: int = 500
    content: bytes = b""
    identity: str = ""
    request: bytes = b""
    trace: bytes = b""
    scored: int = 0
    refused: Refusals = field(default_factory=dict)
    begun: float = field(default_factory=time.perf_counter)
