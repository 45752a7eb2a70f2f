"""Models that read texts as a few numbers each, such as trees: how many."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Width = Annotated[int, Field(ge=2, le=256)]
PROJECTION = 128
