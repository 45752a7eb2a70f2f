"""What `mlops gc` found in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Swept:
    """One place that was looked at: how many objects stay, how many go, and the bytes of those."""

    place: str
    kept: int
    objects: int
    size: int
