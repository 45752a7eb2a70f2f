"""Whose code may run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """Whose candidate it is: users' own classes may come from `pipelines/<pipeline>/` under `root` only."""

    root: Path
    pipeline: str
