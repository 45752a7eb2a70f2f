"""`data.join:` further tables whose columns are set beside the rows, by a key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops.blocks.block import Block, Column, Share

Theirs = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A column of the joined table, as it is called there."""


class Earlier(Block):
    """Which of several rows of a key: the latest from before the row's own time, never one from after it."""

    time: Column
    """Time of the row."""
    theirs: Theirs
    """Time of the joined table's row, from which on it was known."""
    within_days: Annotated[float, Field(gt=0)] | None = None
    """How long before the row's time it may be, in days."""
    equal: bool = False
    """One of the very same time counts too."""


class Unmatched(Block):
    """How many rows may find nothing in the joined table."""

    at_most: Share
    """Share of the rows, from 0 to 1."""
