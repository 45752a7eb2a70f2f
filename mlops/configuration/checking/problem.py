"""What a check of one pipeline finds."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.configuration.reading.document import Path


@dataclass(frozen=True)
class Problem:
    """A finding at a key path of a pipeline."""

    path: Path
    message: str
    hint: str
    rule: str
    part: tuple[int, int] | None = None
    """Where in a text it is: characters from its start, and how many."""
