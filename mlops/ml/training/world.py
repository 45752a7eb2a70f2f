"""Which of several processes that train one network together this one is.

Importing this file imports no learning library.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class World:
    """Process `rank` (from 0) of `size`, which find each other on this machine by the file `meeting`.

    The first one judges epochs, writes checkpoints, and leaves what was trained in `trained`.

    Example:
        >>> World(0, 2, Path("meeting"), Path("trained")).first
        True
    """

    rank: int
    size: int
    meeting: Path
    trained: Path
    on_ray: bool = False
    """Ray Train has begun them, on one machine or several, and they have found each other already."""

    @property
    def first(self) -> bool:
        """Whether it is the one that judges and writes."""
        return self.rank == 0
