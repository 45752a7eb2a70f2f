"""Kinds of rule of a gate, beside bounds of metrics: on the cost of serving, on fairness, on the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from mlops.gate_rules.data_rule import DataRule, of_plugin
from mlops.gate_rules.fairness import FairnessMeasure
from mlops.gate_rules.rule_kind import RuleKind
from mlops.gate_rules.serving_cost import ServingCost
from mlops.kinds.slice import Slice

R = TypeVar("R", bound=RuleKind)
GATE_RULES = Slice[RuleKind]("gate_rules", "gate rule", of_plugin)


class Sort(Mapping[str, R], Generic[R]):
    """The gate rules of one sort by name, sorted; those of other distributions only where they are asked for."""

    def __init__(self, sort: type[R]) -> None:
        self._sort = sort

    def __getitem__(self, name: str) -> R:
        if isinstance(kind := GATE_RULES[name], self._sort):
            return kind
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, kind in GATE_RULES.items() if isinstance(kind, self._sort))

    def __len__(self) -> int:
        return sum(1 for _ in self)


SERVING = Sort(ServingCost)
FAIRNESS = Sort(FairnessMeasure)
DATA = Sort(DataRule)
