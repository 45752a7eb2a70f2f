"""How long stages took when they last ran on this machine, and how a person says that."""

from __future__ import annotations

import json
from pathlib import Path

from mlops.files.atomic import write_text
from mlops.files.canonical import dumps


def remember(root: Path, pipeline: str, stage: str, seconds: float) -> None:
    """Note how long a stage took; a stage of a pipeline runs alone, so nobody else writes here."""
    write_text(_place(root, pipeline), dumps({**durations(root, pipeline), stage: round(seconds, 2)}))


def durations(root: Path, pipeline: str) -> dict[str, float]:
    """Give the seconds of each stage that is known; empty where the file is absent or damaged."""
    try:
        known = json.loads(_place(root, pipeline).read_bytes())
        return {str(stage): float(seconds) for stage, seconds in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def about(seconds: float | None) -> str:
    """Say a duration as far as it is worth saying, with the comma before it; nothing where it is not known."""
    if seconds is None or seconds < 1:
        return ""
    if seconds < 90:
        return f", about {round(seconds)} s" if seconds < 20 else f", about {round(seconds / 5) * 5} s"
    return f", about {round(seconds / 60)} min"


def _place(root: Path, pipeline: str) -> Path:
    return root / ".mlops" / "durations" / f"{pipeline}.json"
