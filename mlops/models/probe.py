"""A training that is small enough to repeat on every processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Probe:
    """The task that a kind learns, parameters that keep it small, and the shape of a row."""

    task: Literal["binary", "multiclass", "regression"]
    parameters: tuple[tuple[str, Any], ...] = ()
    shape: tuple[int, ...] = (12,)
