"""`objective:` what training minimises, and what is done to scores so that they mean what they say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block
from mlops.blocks.number import Positive

Transform = Literal["log", "log1p", "sqrt"]
Calibrate = Literal["isotonic", "platt", "temperature"]
PERCENTILES = (5, 10, 25, 50, 75, 90, 95, 99)
"""Percentiles that can be learnt, each with its metrics `pinball_*` and `coverage_error_*`."""


class Objective(Block):
    """How classes and targets are weighed and changed for learning; what is served answers in the data's terms."""

    class_weight: Literal["balanced"] | Annotated[dict[str, Positive], Field(min_length=1)] | None = None
    """How much errors on each class cost in training alone, by label; `balanced` weighs every class alike.
    Probabilities are corrected back inside the model, so that they mean what happens in the data."""
    calibrate: Calibrate | None = None
    """Fit probabilities to what happened on validation, inside the model: `isotonic` (1,000 rows and more), `platt`
    (100 of each class), or `temperature` (100 rows), one number for all."""
    transform: Transform | None = None
    """Learn this of the target instead; the model answers in the target's own units, where metrics are measured."""
    smearing: bool = False
    """Answer the mean instead of the median of what a transformed target says (Duan's smearing, on validation)."""
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Learn this quantile of the target instead of its mean: 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 or 0.99."""

    @property
    def asked(self) -> bool:
        """Whether anything is asked for."""
        return any(getattr(self, name) for name in type(self).model_fields)

    @property
    def percent(self) -> int | None:
        """The quantile in hundredths."""
        return None if self.quantile is None else round(100 * self.quantile)

    @model_validator(mode="after")
    def _whole(self) -> Objective:
        if self.quantile is not None and not any(abs(100 * self.quantile - each) < 1e-6 for each in PERCENTILES):
            known = ", ".join(f"{each / 100:g}" for each in PERCENTILES)
            raise ValueError(f"`quantile: {self.quantile:g}` has no metric; one of: {known}")
        if self.smearing and self.transform is None:
            raise ValueError("`smearing` undoes what a `transform` does to means; without one it does nothing")
        if self.smearing and self.quantile is not None:
            raise ValueError("`smearing` makes a mean of a median; a quantile stays one through a `transform`")
        return self

    def given(self) -> dict[str, Any]:
        """Spell what is asked for."""
        return self.model_dump(mode="json", exclude_defaults=True)
