"""`stages:` stages of the pipeline's own code, between `ingest` and `validate`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mlops.blocks.address import OWN_KIND
from mlops.blocks.block import Block, Column, Items, Name


class OwnStage(Block):
    """A function of the pipeline's own code: given a polars DataFrame, it answers another, with no row's key lost."""

    use: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The function: `pipelines.NAME.MODULE:FUNCTION`, a file in the pipeline's own folder."""
    after: Name = "ingest"
    """Whose rows it is given: `ingest`, or another stage under `stages:`."""
    inputs: Items[str] = ()
    """Files in the pipeline's folder that it reads besides; it finds no other."""
    keys: Items[Column] = ()
    """Columns whose values stay, however rows are joined, made or left out; where none is named, every row stays."""
    parameters: dict[Name, Any] = Field(default_factory=dict)
    """What the function is given by name, besides the rows."""
