"""`decision.json`: how a score becomes a decision, where what decisions are worth was declared.

A pipeline without such values has no such file, and its scores are left to who asks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from mlops.errors import IntegrityError
from mlops.files.canonical import dumps

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "decision.json"


class DecisionRule(BaseModel):
    """What a row is worth, [true class][decided class], and for two classes the score above which it is the second."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    schema_version: Literal[1] = 1
    values: tuple[tuple[float, ...], ...]
    threshold: float | None = None
    unit: str = ""

    @classmethod
    def parse(cls, data: bytes) -> DecisionRule:
        """Read `decision.json`; raises IntegrityError when it is not one."""
        try:
            return cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError(f"{NAME} does not say how to decide") from error

    def dumps(self) -> str:
        """Spell `decision.json`."""
        return dumps(self.model_dump(mode="json"))

    def decide(self, scores: NDArray[Any]) -> NDArray[np.int64]:
        """Decide a class position for each score [n] or [n, k]: by the threshold, or by the greatest expected value.

        The second is Bayes' rule for given costs (Elkan 2001, The Foundations of Cost-Sensitive Learning, section 1.1).
        """
        wide = np.asarray(scores, dtype=np.float64)
        if self.threshold is not None:
            return (wide > self.threshold).astype(np.int64)
        # not `@`: what a row sums to would depend on how many stand beside it
        worth = (wide[:, :, None] * np.array(self.values)).sum(axis=1)
        best: NDArray[np.int64] = np.argmax(worth, axis=1)
        return best

    @model_validator(mode="after")
    def _fits_together(self) -> DecisionRule:
        classes = len(self.values)
        if classes < 2 or any(len(row) != classes for row in self.values):
            raise ValueError("values are not one row and one column per class")
        if (self.threshold is None) != (classes > 2):
            raise ValueError("a threshold divides two classes and no more")
        return self
