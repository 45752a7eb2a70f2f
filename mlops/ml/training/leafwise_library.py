"""LightGBM's shared library, which its wheel brings, and which needs one of the system's."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path

_LIBRARY = "lib/lib_lightgbm.*"
HINT = "install it: apt-get install libgomp1, or brew install libomp"


def obstacle() -> str | None:
    """Say why LightGBM cannot be loaded here; None where it can.

    Nothing of it is imported, which would take a second, scikit-learn and all.
    """
    found = find_spec("lightgbm")
    if found is None or found.origin is None:
        return "it is not installed"
    for library in sorted(Path(found.origin).parent.glob(_LIBRARY)):
        try:
            ctypes.CDLL(str(library))
        except OSError as error:  # the system's library for threads, which its wheel does not bring
            return str(error)
    return None
