"""Imports of scikit-learn and skl2onnx without pandas, which they take only to recognise tables that no stage has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_pandas() -> Iterator[None]:
    """Import as where pandas is not installed, in half a second less; whoever asks for pandas afterwards gets it."""
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]  # which Python takes for an absent one
    try:
        yield
    finally:
        del sys.modules["pandas"]
