"""`requests:` what a server does with rows that it cannot take as they are."""

from __future__ import annotations

from typing import Literal

from mlops.blocks.block import Block


class Requests(Block):
    """What a server does with rows that it cannot take as they are; it travels in the bundle."""

    nulls: Literal["refuse", "impute"] = "refuse"
    """A missing value where the data had none: `refuse` the row, or `impute` what the transform puts there."""
    batch: Literal["all", "rows"] = "all"
    """One bad row refuses `all` rows of its request, or only bad `rows` are refused and the others answered."""
