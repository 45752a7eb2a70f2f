"""`data.derive:` columns that are computed from others."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column, Items
from mlops.blocks.column_rule import Scalar

Rule = Literal["greater_than", "at_least", "less_than", "at_most", "equals", "one_of", "is_null", "log1p", "year"]


class Derived(Block):
    """A column computed from another one."""

    source: Annotated[Column, Field(alias="from")]
    """Column it is computed from."""
    rule: Rule
    """How it is computed."""
    value: Scalar | Items[Scalar] | None = None
    """What the rule compares with."""
