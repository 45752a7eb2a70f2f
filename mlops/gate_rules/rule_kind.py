"""A kind of rule: what YAML may bound by its name, beside metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import ClassVar, Literal

from mlops.kinds.kind import Kind

Section = Literal["rules", "serving", "data"]
"""The part of a gate that a rule belongs to: judged by the predictions, by `reports/serving.json` or by the data's."""


@dataclass(frozen=True)
class RuleKind(Kind):
    """What a rule of a gate bounds, beside metrics."""

    section: ClassVar[Section]
    low: ClassVar[float] = -inf
    high: ClassVar[float] = inf
    lacks: ClassVar[tuple[str, ...]] = ()
    """Keys of a rule that say nothing of it."""
    lacking: ClassVar[str] = ""
    """What is said of such a `{key}` for a `{name}`."""
    instead: ClassVar[str] = ""
    """What to do about it."""
    finding: ClassVar[str] = "gate-rule"
    higher_is_better: bool = field(kw_only=True, default=False)

    @property
    def best(self) -> str:
        """The best value, in words; nothing where there is none."""
        return ""
