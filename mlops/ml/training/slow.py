"""Which candidates take too long to be trained again and again."""

from __future__ import annotations

from typing import Any


def slow(candidate: Any) -> bool:
    """Tell whether a candidate is a network, or has one as a member, whatever is put around it.

    Asking for its class would import torch.

    Example:
        >>> slow("a candidate that is none")
        False
    """
    while hasattr(candidate, "inner"):
        candidate = candidate.inner
    if hasattr(candidate, "members"):
        return any(slow(member.candidate) for member in candidate.members)
    return bool(getattr(candidate, "network", False))
