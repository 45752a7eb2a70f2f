"""`evaluate.cost:` what a right and a wrong decision are worth, in the user's own unit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mlops.blocks.block import Block

Value = Annotated[float, Field(allow_inf_nan=False)]


class Cost(Block):
    """The value of one row by its true class and the decision; what costs is negative.

    For two classes the threshold that is worth most on validation is chosen, and used from there on: by the metrics of
    decisions, the bundle and the server. Several classes are decided by the greatest expected value.
    """

    true_positive: Value = 0.0
    """A positive row that was found."""
    false_positive: Value | None = None
    """A negative row that was taken for positive."""
    false_negative: Value | None = None
    """A positive row that was missed."""
    true_negative: Value = 0.0
    """A negative row that was left alone."""
    classes: dict[str, dict[str, Value]] | None = None
    """For several classes: the value by true class, then by decided class; 0 where nothing is written."""
    unit: Annotated[str, Field(max_length=20)] = ""
    """What values are counted in, such as EUR or minutes."""

    @model_validator(mode="after")
    def _whole(self) -> Cost:
        pair = (self.false_positive, self.false_negative)
        if self.classes is not None:
            if any(value is not None for value in pair) or self.true_positive or self.true_negative:
                raise ValueError("write either `classes` or `true_positive`, `false_positive` and so on")
            return self
        if self.false_positive is None or self.false_negative is None:
            raise ValueError("write `false_positive` and `false_negative`, or `classes`")
        if self.true_positive <= self.false_negative or self.true_negative <= self.false_positive:
            raise ValueError(
                "a right decision must be worth more than the wrong one: `true_positive` more than `false_negative`, "
                "`true_negative` more than `false_positive`"
            )
        return self
