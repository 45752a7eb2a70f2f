"""What serving a model may cost: the quantities a rule of a gate may name beside metrics.

`over_champion` is a share of the champion's value here: `no_worse_than: 0.2` allows a fifth more.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block

SERVING: dict[str, bool] = {
    "latency_p50": False,
    "latency_p99": False,
    "throughput": True,
    "cold_start": False,
    "memory": False,
    "size": False,
}
"""Whether more is better, by name; seconds a request of one row, rows a second in batches, seconds, MiB, MiB."""


class Serving(Block):
    """How the cost of serving is measured, where a gate names one."""

    repetitions: Annotated[int, Field(ge=5, le=100)] = 7
    """Fresh processes of candidate and champion, taken in turns; fewer than 5 decide nothing."""
    requests: Annotated[int, Field(ge=80, le=100_000)] = 400
    """Requests of one row to each process."""
    batch: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Rows of a batch."""
