"""What a process that runs what others wrote is told of the environment."""

from __future__ import annotations

import os
from pathlib import Path

from mlops.operations.processes.ending import RUNNER

_KNOWN = (
    "LANG",
    "LC_ALL",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "TZ",
)
"""What such a process is told of the environment: no token, no address, no home."""


def environment(home: Path) -> dict[str, str]:
    """Give the environment of a process that is to know nothing of this one's."""
    known = {name: value for name in _KNOWN if (value := os.environ.get(name)) is not None}
    return known | {"HOME": str(home), "TMPDIR": str(home), "MLFLOW_TRACKING_URI": "", RUNNER: "yes"}
