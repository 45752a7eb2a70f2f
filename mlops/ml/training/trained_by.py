"""How a network was trained, whatever is put around it; asking for its class would import torch."""

from __future__ import annotations

from typing import Any, Literal


def of_network(fitted: Any, what: Literal["devices", "accumulate"]) -> int:
    """Give the number of processes, or of micro-batches, of what was trained; of members the greatest.

    Example:
        >>> of_network("no network", "devices")
        1
    """
    while hasattr(fitted, "inner") and not hasattr(fitted, "members"):
        fitted = fitted.inner
    members = getattr(fitted, "members", ())
    return max([int(getattr(fitted, what, 1)), *(of_network(member, what) for member in members)])
