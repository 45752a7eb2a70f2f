"""What makes many exports to ONNX in one process quick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest


@contextmanager
def one_table_of_operators() -> Iterator[None]:
    """Let torch read its table of ONNX operators once: every export parses the source of its 500 functions again.

    The table depends on what is installed alone, and an export without operators of its own only looks things up.
    """
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))
        yield
