"""Kinds of rule of a gate, beside bounds of metrics: on the cost of serving, on fairness, on the data."""

from __future__ import annotations

from mlops.gate_rules.data_rule import DataRule, of_plugin
from mlops.gate_rules.fairness import FairnessMeasure
from mlops.gate_rules.rule_kind import RuleKind
from mlops.gate_rules.serving_cost import ServingCost
from mlops.kinds.slice import Slice, Sort

GATE_RULES = Slice[RuleKind]("gate_rules", "gate rule", of_plugin)
SERVING = Sort(GATE_RULES, ServingCost)
FAIRNESS = Sort(GATE_RULES, FairnessMeasure)
DATA = Sort(GATE_RULES, DataRule)
