"""What all connections of one server share: its limits, whether it drains, and whom it closed for what."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlops.blocks.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.serve.seat import Seat

REASONS = ("headers", "body", "answer", "crowded")
"""Why a connection is closed: its headers, or its body, did not come in time; its answer was not read; or there were
more connections than the server takes, and it was the one that kept the server waiting longest."""


class Door:
    """The limits of a server, and what it counts of those who overstep them."""

    def __init__(self, limits: Limits | None = None, drain: float = 0.0, seat: Seat | None = None) -> None:
        self.limits, self.seat = limits or Limits(), seat
        self.drain = drain  # seconds
        self.draining = False
        self.closed = Counter(dict.fromkeys(REASONS, 0))
        self.open: Callable[[], int] = int  # how many connections there are; the server says so once it runs
