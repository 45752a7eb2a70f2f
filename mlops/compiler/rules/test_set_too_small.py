"""test-set-too-small: too few test rows to tell the declared margin from nothing.

What: a rule asks for "no worse than the other model by more than a margin", and the test part, if `data.rows.at_least`
    holds, may be so small that even an equally good candidate would be found inconclusive more than one time in five.
Why: a gate that cannot say yes stops every change, and people learn to wave it through.
Fix: more rows, a greater share of them for testing, or a wider margin.
Example: `rows: {at_least: 500}` with `{metric: accuracy, over_champion: {no_worse_than: 0.001}}`.

The number printed is n = ((z[1-a/2] + z[0.8]) / margin)^2 * v, with a = 1 - `evaluate.bootstrap.confidence` and v the
variance of a row's difference between two models: 2 p (1 - p) (1 - r) for a proportion p (Liu et al., Statistics in
Medicine 21:231, 2002), 2 (1 - r) n Var(A) for an area A under the ROC curve, classes even (Hanley and McNeil, Radiology
143:29, 1982, and 148:839, 1983). The correlation r of the two models is taken as 0.99, where candidate and champion
hardly differ: what is found here is hopeless in practice too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.sections import Interval, Promised, TestPart, gate_rules, part
from mlops.ml.evaluation.intervals.power import rows_for
from mlops.ml.evaluation.judging.rule import Rule
from mlops.plan.pipeline import PipelinePlan

POWER = 0.8
CORRELATION = 0.99
_PROPORTIONS = frozenset({"accuracy", "balanced_accuracy", "precision", "recall"})
_USUAL = {"auroc": 0.75}


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find margins that the promised number of rows cannot resolve."""
    promised = part(Promised, pipeline, "validate", "rows").at_least
    share = 1.0 if pipeline.stage("split").section.get("folds") else part(TestPart, pipeline, "split", "fractions").test
    rows = math.floor(promised * share)
    if promised <= 1:  # the default: nothing is known
        return
    rules, confidence = gate_rules(pipeline), part(Interval, pipeline, "gate", "bootstrap").confidence
    for index, rule in enumerate(rules):
        needed = rows_needed(rule.metric, margin := _margin(rule), confidence, _level(rule.metric, rules))
        if needed is not None and rows < needed:
            bound = f"{rule.metric} no worse than {margin:g} below the {rule.against}"
            message = f"{rows:,} test rows cannot show {bound}: about {needed:,} are needed"
            hint = f"promise more rows (`rows: {{at_least: ...}}`), test on more of them, or allow more than {margin:g}"
            hint += f"; assumed: the two models' errors correlate at {CORRELATION:g}"
            yield Finding((), message, hint, "test-set-too-small", parameter=("gate", "rules", index))


def _margin(rule: Rule) -> float:
    compared = rule.against != "value" and not rule.relative
    return -rule.at_least if compared and rule.at_least is not None else 0.0


def rows_needed(metric: str, margin: float, confidence: float, level: float) -> int | None:
    """Give the test rows that a non-inferiority margin needs; None where no formula is known."""
    if margin <= 0 or not (metric == "auroc" or metric in _PROPORTIONS):
        return None
    return rows_for(POWER, margin, 2 * (1 - CORRELATION) * _variance(metric, level), (1 - confidence) / 2)


def _variance(metric: str, level: float) -> float:
    """Give the variance of a metric times the number of rows."""
    if metric in _PROPORTIONS:
        return level * (1 - level)
    positive_pairs = level / (2 - level) - level**2
    negative_pairs = 2 * level**2 / (1 + level) - level**2
    return 2 * (positive_pairs + negative_pairs)  # half the rows in each class; terms in 1/n are left out


def _level(metric: str, rules: Iterable[Rule]) -> float:
    """Expect the metric near its declared bound, else at a usual value; kept off the ends, where variance is nil."""
    bounds = [rule.at_least for rule in rules if (rule.metric, rule.against) == (metric, "value")]
    level = max((bound for bound in bounds if bound is not None), default=_USUAL.get(metric, 0.9))
    return min(max(level, 0.5), 0.99)
