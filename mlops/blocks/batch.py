"""`batch:` how many requests that wait for an answer are scored together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block


class Batch(Block):
    """Requests that wait are scored together; each answer is what it would be alone, to the last bit."""

    rows: Annotated[int, Field(ge=1, le=64)] = 32
    """Rows at once, at most; 1 scores every request by itself."""
    wait_seconds: Annotated[float, Field(ge=0, le=1)] = 0.0
    """That a request waits for others to come; with 0 those that are there already are scored with it."""
