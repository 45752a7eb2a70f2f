"""What a search of parameters leaves on this machine: its journal, and the mark of whoever asks for another one."""

from __future__ import annotations

from pathlib import Path


def searches(root: Path, pipeline: str) -> Path:
    """Place what searches of a pipeline leave; of no pipeline, of all."""
    return root / ".mlops" / "tuning" / pipeline


def wish_of(root: Path, pipeline: str) -> Path:
    """Place the mark; the search takes it away when it has ended, not when it is killed: until then it is asked for."""
    return searches(root, pipeline) / "asked"
