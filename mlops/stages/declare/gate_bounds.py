"""Rules as people write them, taken apart into single bounds with an id each.

A key that says what is true anyway (no `relative`, the bootstrap, Holm, more than a dummy) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops.configuration.checking.gate_checks import CROSS
from mlops.configuration.gates import Difference, GateRule
from mlops.configuration.pipeline import Pipeline
from mlops.gate_rules.rule_kind import Section
from mlops.stages.declare.declaration import Parameter, once

_LISTED = 12  # groups; a column with more values is grouped, so that its labels are not those declared


@once
def lower_rules(spec: Pipeline) -> list[dict[str, Any]]:
    """List every bound of every rule on predictions; a preset's come first."""
    return _lowered(spec, "rules")


@once
def serving_rules(spec: Pipeline) -> list[dict[str, Any]]:
    """List every bound on what serving costs; those against the champion are shares of its value."""
    return _lowered(spec, "serving")


def data_rules(spec: Pipeline) -> list[dict[str, Any]]:
    """List every bound on the data's report."""
    return _lowered(spec, "data")


def _lowered(spec: Pipeline, section: Section) -> list[dict[str, Any]]:
    return [
        bound | _groups(spec, rule.by or rule.of)
        for rule in (*spec.preset.gates, *spec.gates)
        if rule.section == section
        for bound in _bounds(rule)
    ]


def gate_rule_ids(spec: Pipeline) -> tuple[str, ...]:
    """List the id of every rule of a gate, as verdicts and waivers name it."""
    return tuple(str(rule["id"]) for made in (lower_rules, serving_rules, data_rules) for rule in made(spec))


def rule_ids(rule: GateRule) -> tuple[str, ...]:
    """Name the bounds of a rule as results name them."""
    return tuple(bound["id"] for bound in _bounds(rule))


def lower_own(spec: Pipeline) -> dict[str, Any]:
    """Give the metrics of the pipeline's own code by name: the function, its good side, what it is given."""
    own = {rule.name: rule for rule in (*spec.preset.gates, *spec.gates) if rule.own is not None}
    return {
        name: {"use": rule.own, "better": rule.better, "parameters": dict(sorted(rule.parameters.items()))}
        for name, rule in sorted(own.items())
    }


OWN = Parameter("own", "gates preset.gates", lower_own, optional=True, whole=True)


def bins(spec: Pipeline) -> dict[str, Any]:
    """Give the edges that cut columns of numbers into slices."""
    return {column: [float(edge) for edge in edges] for column, edges in sorted(spec.evaluate.bins.items())}


def crosses(spec: Pipeline) -> dict[str, Any]:
    """Give the slices that are combined of those of several columns."""
    return {CROSS.join(columns): list(columns) for columns in sorted(spec.evaluate.crosses)}


def _signed(difference: Difference, *, higher_is_better: bool) -> tuple[float | None, float | None]:
    """Bound candidate minus other: from below where more is better, from above where less is."""
    gain = difference.better_by if difference.better_by is not None else -(difference.no_worse_than or 0.0)
    gain += 0.0  # -0.0 prints as a sign nobody wrote
    return (gain, None) if higher_is_better else (None, -gain + 0.0)


def _bounds(rule: GateRule) -> Iterator[dict[str, Any]]:
    if rule.at_least is not None or rule.at_most is not None:
        yield _bound(rule, "value", rule.at_least, rule.at_most)
    for against, difference in rule.differences.items():
        if difference is not None:
            bound = _bound(rule, against, *_signed(difference, higher_is_better=rule.higher_is_better))
            yield bound | (_compared(rule, difference, against) if rule.section == "rules" else {})


def _compared(rule: GateRule, difference: Difference, against: str) -> dict[str, Any]:
    """Say how the candidate is compared with another model on the same rows."""
    how = {"relative": True} if difference.relative else {}
    how |= {"strict": True} if difference.better_by is not None and against != "dummy" else {}
    return how | ({} if rule.test == "bootstrap" else {"test": rule.test})


def _bound(rule: GateRule, against: str, at_least: float | None, at_most: float | None) -> dict[str, Any]:
    parts = [rule.name, *(["under", rule.under] if rule.under else [])]
    parts += [*([] if against == "value" else ["over", against]), *(["by", rule.by] if rule.by else [])]
    parts += ["of", rule.of] if rule.of else []
    return {
        "id": "-".join(parts),
        "metric": rule.name,
        "against": against,
        "at_least": at_least,
        "at_most": at_most,
        **({"by": rule.by} if rule.section == "rules" else {}),
        **({"under": rule.under} if rule.under else {}),
        "mode": rule.mode,
        **({"of": rule.of} if rule.fairness else {}),
        **({} if rule.correction == "holm" else {"correction": rule.correction}),
        **({} if rule.on_missing == "fail" else {"on_missing": rule.on_missing}),
    }


def _groups(spec: Pipeline, column: str | None) -> dict[str, Any]:
    """List the groups that the data declares, so that one which the test rows lack is noticed."""
    declared = spec.data.columns[column].one_of if column in spec.data.columns else None
    if not declared or column in spec.evaluate.bins or len(declared) > _LISTED:
        return {}
    return {"groups": sorted({_label(value) for value in declared})}


def _label(value: Any) -> str:
    """Spell a value as slices are labelled."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.6g}"
