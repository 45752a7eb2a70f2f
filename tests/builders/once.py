"""What several modules need and takes seconds to make: made by the first worker of a run that asks, read by all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from mlops.files.alone import alone

_RUN: dict[str, Path] = {}


@cache
def _own() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mlops-once-")


def begin(base: Path) -> None:
    """Say where a worker keeps its temporary folders: the workers of one run have theirs side by side."""
    _RUN["folder"] = base.parent if base.name.startswith("popen-") else base


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Give a folder that `make` filled, in this run of pytest; whoever changes what is in it takes a copy.

    Outside pytest, as in a benchmark, each process has its own.
    """
    run = _RUN.get("folder") or Path(_own().name)
    place, made = run / f"once-{name}", run / f"once-{name}.made"
    with alone(run / f"once-{name}.lock"):
        if not made.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            made.touch()
    return place
