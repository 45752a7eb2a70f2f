"""`number:` how the numbers of a text column are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block
from mlops.files.number_text import NumberText


class NumberForm(Block):
    """How the numbers of a text column are written; texts of another form are no numbers."""

    decimal: Literal[".", ","] = "."
    """Sign before the fraction."""
    thousands: Literal[",", ".", " ", "'"] | None = None
    """Sign between thousands, where a number has one."""
    percent: bool = False
    """A `%` follows every number, which stays as it is written: `12.5%` is 12.5."""
    currency: Annotated[str, Field(min_length=1, max_length=5)] | None = None
    """What stands before or after every number, such as `$` or `EUR`."""

    @model_validator(mode="after")
    def _two_signs(self) -> NumberForm:
        if self.decimal == self.thousands:
            raise ValueError(f"`decimal` and `thousands` cannot both be `{self.decimal}`")
        return self

    @property
    def text(self) -> NumberText:
        """Give what reads and writes numbers of this form."""
        return NumberText(self.decimal, self.thousands, self.percent, self.currency)
