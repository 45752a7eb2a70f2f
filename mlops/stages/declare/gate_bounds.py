"""Rules as people write them, taken apart into single bounds with an id each.

A key that says what is true anyway (no `relative`, the bootstrap, Holm, more than a dummy) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, cast

from mlops.configuration.columns import CROSS
from mlops.configuration.gates import Difference, GateRule
from mlops.configuration.pipeline import Pipeline
from mlops.gate_rules.rule_kind import Section
from mlops.ml.evaluation.judging.rule import Against, Rule
from mlops.stages.declare.declaration import Parameter, once

_ALWAYS = {"at_least", "at_most", "against", "mode"}
_LISTED = 12  # groups; a column with more values is grouped, so that its labels are not those declared


@once
def _lowered(spec: Pipeline) -> dict[Section, list[Rule]]:
    """List every bound of every rule by section; a preset's come first."""
    found: dict[Section, list[Rule]] = {"rules": [], "serving": [], "data": []}
    for rule in (*spec.preset.gates, *spec.gates):
        groups = _groups(spec, rule.by or rule.of)
        found[rule.section] += [replace(bound, groups=groups) if groups else bound for bound in _bounds(rule)]
    return found


def lower_rules(spec: Pipeline) -> list[Rule]:
    """List the bounds on predictions."""
    return _lowered(spec)["rules"]


def serving_rules(spec: Pipeline) -> list[Rule]:
    """List the bounds on what serving costs; those against the champion are shares of its value."""
    return _lowered(spec)["serving"]


def data_rules(spec: Pipeline) -> list[Rule]:
    """List the bounds on the data's report."""
    return _lowered(spec)["data"]


def spelt(rules: Iterable[Rule], *, by: bool = False) -> list[dict[str, Any]]:
    """Spell bounds for the section of the gate; what is true anyway is left out, `by` where a rule could name none."""
    always = _ALWAYS | ({"by"} if by else set())
    keys = [(key.name, key.default) for key in fields(Rule)]
    return [
        {key: said for key, usual in keys if (said := getattr(rule, key)) != usual or key in always} for rule in rules
    ]


def gate_rule_ids(spec: Pipeline) -> tuple[str, ...]:
    """List the id of every rule of a gate, as verdicts and waivers name it."""
    return tuple(rule.id for bounds in _lowered(spec).values() for rule in bounds)


def rule_ids(rule: GateRule) -> tuple[str, ...]:
    """Name the bounds of a rule as results name them."""
    return tuple(bound.id for bound in _bounds(rule))


def lower_own(spec: Pipeline) -> dict[str, GateRule]:
    """Give the rules on metrics of the pipeline's own code, by the metric."""
    own = {rule.name: rule for rule in (*spec.preset.gates, *spec.gates) if rule.own is not None}
    return dict(sorted(own.items()))


def _own(spec: Pipeline) -> Any:
    """Say of each such metric where its function is, its good side, and what it is given."""
    return {
        name: {"use": rule.own, "better": rule.better, "parameters": dict(sorted(rule.parameters.items()))}
        for name, rule in lower_own(spec).items()
    }


OWN = Parameter("own", "gates preset.gates", _own, optional=True, whole=True)


def bins(spec: Pipeline) -> dict[str, list[float]]:
    """Give the edges that cut columns of numbers into slices."""
    return {column: [float(edge) for edge in edges] for column, edges in sorted(spec.evaluate.bins.items())}


def crosses(spec: Pipeline) -> dict[str, list[str]]:
    """Give the slices that are combined of those of several columns."""
    return {CROSS.join(columns): list(columns) for columns in sorted(spec.evaluate.crosses)}


def _signed(difference: Difference, *, higher_is_better: bool) -> tuple[float | None, float | None]:
    """Bound candidate minus other: from below where more is better, from above where less is."""
    gain = difference.better_by if difference.better_by is not None else -(difference.no_worse_than or 0.0)
    gain += 0.0  # -0.0 prints as a sign nobody wrote
    return (gain, None) if higher_is_better else (None, -gain + 0.0)


def _bounds(rule: GateRule) -> Iterator[Rule]:
    if rule.at_least is not None or rule.at_most is not None:
        yield _bound(rule, "value", rule.at_least, rule.at_most)
    for against, difference in rule.differences.items():
        if difference is not None:
            bound = _bound(rule, cast("Against", against), *_signed(difference, higher_is_better=rule.higher_is_better))
            yield _compared(bound, rule, difference) if rule.section == "rules" else bound


def _compared(bound: Rule, rule: GateRule, difference: Difference) -> Rule:
    """Say how the candidate is compared with another model on the same rows."""
    strict = difference.better_by is not None and bound.against != "dummy"
    return replace(bound, relative=difference.relative, strict=strict, test=rule.test)


def _bound(rule: GateRule, against: Against, at_least: float | None, at_most: float | None) -> Rule:
    parts = [rule.name, *(["under", rule.under] if rule.under else [])]
    parts += [*([] if against == "value" else ["over", against]), *(["by", rule.by] if rule.by else [])]
    parts += ["of", rule.of] if rule.of else []
    return Rule(
        id="-".join(parts),
        metric=rule.name,
        against=against,
        at_least=at_least,
        at_most=at_most,
        by=rule.by,
        under=rule.under,
        mode=rule.mode,
        of=rule.of if rule.fairness else None,
        correction=rule.correction,
        on_missing=rule.on_missing,
    )


def _groups(spec: Pipeline, column: str | None) -> tuple[str, ...]:
    """List the groups that the data declares, so that one which the test rows lack is noticed."""
    declared = spec.data.columns[column].one_of if column in spec.data.columns else None
    if not declared or column in spec.evaluate.bins or len(declared) > _LISTED:
        return ()
    return tuple(sorted({_label(value) for value in declared}))


def _label(value: Any) -> str:
    """Spell a value as slices are labelled."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.6g}"
