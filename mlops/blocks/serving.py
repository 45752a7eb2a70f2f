"""`evaluate.serving:` how the cost of serving is measured."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block


class Serving(Block):
    """How the cost of serving is measured, where a gate names one."""

    repetitions: Annotated[int, Field(ge=5, le=100)] = 7
    """Fresh processes of candidate and champion, taken in turns; fewer than 5 decide nothing."""
    requests: Annotated[int, Field(ge=80, le=100_000)] = 400
    """Requests of one row to each process."""
    batch: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Rows of a batch."""
