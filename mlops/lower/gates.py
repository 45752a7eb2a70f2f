"""Rules as people write them, taken apart into single bounds with an id each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops.spec.gates import Difference, GateRule
from mlops.spec.metrics import METRICS
from mlops.spec.pipeline import Pipeline
from mlops.spec.serving import SERVING


def lower_rules(spec: Pipeline) -> list[dict[str, Any]]:
    """List every bound of every rule on predictions; a preset's come first."""
    rules = (rule for rule in (*spec.preset.gates, *spec.gates) if rule.metric not in SERVING)
    return [bound for rule in rules for bound in _bounds(rule)]


def _bounds(rule: GateRule) -> Iterator[dict[str, Any]]:
    if rule.at_least is not None or rule.at_most is not None:
        yield _bound(rule, "value", rule.at_least, rule.at_most)
    for against, difference in (
        ("champion", rule.over_champion),
        ("dummy", rule.over_dummy),
        ("simple", rule.over_simple),
        ("clean", rule.over_clean),
    ):
        if difference is not None:
            yield _bound(rule, against, *_signed(rule.metric, difference))


def _signed(metric: str, difference: Difference) -> tuple[float | None, float | None]:
    """Bound candidate minus other: from below where more is better, from above where less is."""
    gain = difference.better_by if difference.better_by is not None else -(difference.no_worse_than or 0.0)
    gain += 0.0  # -0.0 prints as a sign nobody wrote
    return (gain, None) if METRICS[metric].higher_is_better else (None, -gain + 0.0)


def _bound(rule: GateRule, against: str, at_least: float | None, at_most: float | None) -> dict[str, Any]:
    parts = [rule.metric, *(["under", rule.under] if rule.under else [])]
    parts += [*([] if against == "value" else ["over", against]), *(["by", rule.by] if rule.by else [])]
    return {
        "id": "-".join(parts),
        "metric": rule.metric,
        "against": against,
        "at_least": at_least,
        "at_most": at_most,
        "by": rule.by,
        **({"under": rule.under} if rule.under else {}),
        "mode": rule.mode,
    }
