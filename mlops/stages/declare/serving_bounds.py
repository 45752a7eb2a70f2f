"""Rules on the cost of serving, taken apart into single bounds with an id each."""

from __future__ import annotations

from typing import Any

from mlops.configuration.gates import GateRule
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.serving import SERVING
from mlops.stages.declare.data_bounds import data_rules
from mlops.stages.declare.declaration import once
from mlops.stages.declare.gate_bounds import lower_rules, signed


def gate_rule_ids(spec: Pipeline) -> tuple[str, ...]:
    """List the id of every rule of a gate, as verdicts and waivers name it."""
    return tuple(str(rule["id"]) for rule in (*lower_rules(spec), *serving_rules(spec), *data_rules(spec)))


@once
def serving_rules(spec: Pipeline) -> list[dict[str, Any]]:
    """List every bound on what serving costs; those against the champion are shares of its value."""
    rules = [rule for rule in (*spec.preset.gates, *spec.gates) if rule.metric in SERVING]
    return [bound for rule in rules for bound in _bounds(rule)]


def _bounds(rule: GateRule) -> list[dict[str, Any]]:
    found = []
    if rule.at_least is not None or rule.at_most is not None:
        found.append(_bound(rule, rule.metric, "value", rule.at_least, rule.at_most))
    if (difference := rule.over_champion) is not None:
        low, high = signed(difference, higher_is_better=SERVING[rule.metric])
        found.append(_bound(rule, f"{rule.metric}-over-champion", "champion", low, high))
    return found


def _bound(rule: GateRule, name: str, against: str, low: float | None, high: float | None) -> dict[str, Any]:
    return {
        "id": name,
        "metric": rule.metric,
        "against": against,
        "at_least": low,
        "at_most": high,
        "mode": rule.mode,
    }
