"""The mark of whoever asks for another search of a pipeline's parameters: until that has ended it is asked for."""

from __future__ import annotations

from pathlib import Path


def wish_of(root: Path, pipeline: str) -> Path:
    """Place the mark; the search takes it away when it has ended, not when it is killed."""
    return root / ".mlops" / "tuning" / pipeline / "asked"
