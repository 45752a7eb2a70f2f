"""Which candidates take too long to be trained again and again."""

from __future__ import annotations

from typing import Any


def slow(candidate: Any) -> bool:
    """Tell whether a candidate is a network, whatever is put around it; asking for its class would import torch.

    Example:
        >>> slow("a candidate that is none")
        False
    """
    while hasattr(candidate, "inner"):
        candidate = candidate.inner
    return bool(getattr(candidate, "network", False))
