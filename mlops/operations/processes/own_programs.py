"""The programs beside this Python: a stage is a command by name, found there without an activated environment too."""

from __future__ import annotations

import os
import sys


def find_own_programs() -> None:
    """Let what this process starts find the programs beside its Python."""
    here, path = os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)  # noqa: PTH120
    if here not in path.split(os.pathsep):
        os.environ["PATH"] = f"{here}{os.pathsep}{path}"
