"""A rule of a gate, as its section says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Against = Literal["value", "champion", "dummy", "simple", "persistence", "ets", "theta", "clean"]


@dataclass(frozen=True)
class Rule:
    """One bound of one metric: on its value, or on candidate minus another model on the same rows."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str
    metric: str
    against: Against = "value"
    at_least: float | None = None
    at_most: float | None = None
    by: str | None = None
    under: str | None = None
    mode: Literal["block", "warn"] = "block"
    of: str | None = None
    """Column whose groups a measure of fairness compares."""
    correction: Literal["holm", "benjamini_hochberg"] = "holm"
    on_missing: Literal["fail", "inconclusive"] = "fail"
    relative: bool = False
    """The bound is a share of the other model's value."""
    strict: bool = False
    """The bound itself is not good enough: `better_by` asks for more than it."""
    test: Literal["bootstrap", "mcnemar"] = "bootstrap"
    groups: tuple[str, ...] = ()
    """Groups that the data declares: one that has no rows here is never passed over."""

    @property
    def is_strict(self) -> bool:
        """Tell whether the bound itself is not good enough; a dummy's equal is a dummy."""
        return self.strict or self.against == "dummy"
