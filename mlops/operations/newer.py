"""Documents that a later release of this program wrote: what they mean is not guessed."""

from __future__ import annotations

from typing import Any

HINT = "a newer mlops wrote it: mlops upgrade moves this repository to that release"


def newer(version: Any, reads: int) -> bool:
    """Whether the schema version that a document names is later than the last one that is read here."""
    return isinstance(version, int) and version > reads
