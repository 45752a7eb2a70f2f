"""From evidence to verdicts: pass, fail or inconclusive, with a sentence each.

A rule passes when the whole interval is on the good side of its bound, fails when the value itself is on the bad side
or cannot be known, and is inconclusive otherwise. Against the dummy the candidate must be strictly better than nothing.
Several slices of one rule share its error by Holm's method: a slice passes only if it also survives that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import NormalDist

import numpy as np

from mlops.ml import sentences
from mlops.ml.bootstrap import Interval
from mlops.ml.evidence import Evidence, Method, Rule

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
CLUSTERS = 10  # fewer groups than this cannot carry an interval


@dataclass(frozen=True)
class Result:
    """The verdict of one rule on one slice."""

    evidence: Evidence
    bound: float | None
    verdict: str
    sentence: str
    rows_needed: int | None = None

    def record(self) -> dict[str, object]:
        """Spell it for gate.json."""
        rule, interval = self.evidence.rule, self.evidence.interval
        return {
            "id": rule.id,
            "metric": rule.metric,
            "against": rule.against,
            "by": rule.by,
            "slice": self.evidence.slice,
            "value": interval.value,
            "low": interval.low,
            "high": interval.high,
            "bound": self.bound,
            "n": self.evidence.rows,
            "rows_needed": self.rows_needed,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "mode": rule.mode,
            "applicable": self.evidence.applicable,
        }


@dataclass(frozen=True)
class _Side:
    """A bound seen so that more is better: `at_most` rules are mirrored."""

    bound: float
    sign: int
    strict: bool

    def margin(self, number: float) -> float:
        return self.sign * (number - self.bound)

    def worst(self, interval: Interval) -> float:
        return self.margin(interval.low if self.sign > 0 else interval.high)


def judge(evidence: Iterable[Evidence], method: Method, minimum_rows: int) -> list[Result]:
    """Judge every rule; evidence of one rule must be consecutive, for its slices are judged together."""
    families = (list(family) for _, family in groupby(evidence, key=lambda item: item.rule))
    return [result for family in families for result in _family(family, method, minimum_rows)]


def overall(results: Sequence[Result]) -> str:
    """Sum up blocking rules: any failure fails, then any doubt, and nothing applicable is doubt."""
    verdicts = {r.verdict for r in results if r.evidence.applicable and r.evidence.rule.mode == "block"}
    if FAIL in verdicts:
        return FAIL
    return PASS if verdicts == {PASS} else INCONCLUSIVE


def _family(family: list[Evidence], method: Method, minimum_rows: int) -> list[Result]:
    sides = _sides(family[0].rule)
    chances = [max((_chance(item, side) for side in sides), default=1.0) for item in family]
    allowed = dict(zip(range(len(family)), _holm(chances, method.tail), strict=True))
    return [_one(item, sides, method, minimum_rows, *allowed[i]) for i, item in enumerate(family)]


def _sides(rule: Rule) -> tuple[_Side, ...]:
    """List the bounds of a rule; against the dummy no bound is weaker than strictly better than nothing."""
    strict = rule.against == "dummy"
    sides = []
    if rule.at_least is not None:
        sides.append(_Side(max(rule.at_least, 0.0) if strict else rule.at_least, 1, strict))
    if rule.at_most is not None:
        sides.append(_Side(min(rule.at_most, 0.0) if strict else rule.at_most, -1, strict))
    return tuple(sides)


def _chance(evidence: Evidence, side: _Side) -> float:
    """Estimate the chance of a value this good if the truth were on the bound (one-sided p-value)."""
    if evidence.draws is None or len(evidence.draws) == 0 or not math.isfinite(evidence.interval.value):
        return 1.0
    margins = side.sign * (evidence.draws - side.bound)
    bad = int((~(margins > 0) if side.strict else ~(margins >= 0)).sum())
    if bad:
        return (bad + 1) / (len(margins) + 1)
    spread = float(np.std(margins))
    normal = NormalDist().cdf(-side.margin(evidence.interval.value) / spread) if spread > 0 else 0.0
    return min(1 / (len(margins) + 1), normal)


def _holm(chances: list[float], tail: float) -> list[tuple[bool, float]]:
    """Tell which claims hold together with an error of `tail` for all of them, and the tail each was given."""
    kept, holds = [(False, tail)] * len(chances), True
    for position, index in enumerate(sorted(range(len(chances)), key=lambda i: chances[i])):
        share = tail / (len(chances) - position)
        holds = holds and chances[index] <= share
        kept[index] = (holds, share)
    return kept


def _one(
    item: Evidence, sides: tuple[_Side, ...], method: Method, minimum_rows: int, holds: bool, share: float
) -> Result:
    if not item.applicable:
        return Result(item, None, INCONCLUSIVE, sentences.NO_CHAMPION)
    if item.problem or not sides:
        return Result(item, _bound(sides, item), FAIL, sentences.problem(item, item.problem or "the rule has no bound"))
    side = min(sides, key=lambda side: side.worst(item.interval))
    result = Result(item, side.bound, INCONCLUSIVE, "")
    if item.rows < minimum_rows:
        return replace(result, sentence=sentences.few_rows(item, minimum_rows), rows_needed=minimum_rows)
    value = item.interval.value
    if not math.isfinite(value):
        return replace(result, verdict=FAIL, sentence=sentences.undefined(item))
    failed = next((s for s in sides if s.margin(value) < 0), None)
    if failed is not None:
        return replace(result, bound=failed.bound, verdict=FAIL, sentence=sentences.failed(item, failed.bound, failed.sign))
    if item.clusters < min(CLUSTERS, minimum_rows):
        return replace(result, sentence=sentences.few_clusters(item, CLUSTERS))
    clear = all(s.worst(item.interval) > 0 if s.strict else s.worst(item.interval) >= 0 for s in sides)
    if clear and (holds or item.slice is None):
        return replace(result, verdict=PASS, sentence=sentences.passed(item, side.bound, side.sign, strict=side.strict))
    needed = _rows_needed(item, side, method, share)
    return replace(result, sentence=sentences.unsure(item, side.bound, side.sign, needed, chance=clear), rows_needed=needed)


def _bound(sides: tuple[_Side, ...], item: Evidence) -> float | None:
    return sides[0].bound if sides else None


def _rows_needed(item: Evidence, side: _Side, method: Method, share: float) -> int | None:
    """Scale the half-width by one over the square root of the rows until it fits before the bound; None if it never does."""
    distance = side.margin(item.interval.value)
    half = distance - side.worst(item.interval)
    if item.slice is not None:
        half *= NormalDist().inv_cdf(1 - share) / NormalDist().inv_cdf(1 - method.tail)
    if distance <= 0 or not math.isfinite(half):
        return None
    needed = item.rows * (half / distance) ** 2
    if needed > 1000 * item.rows:
        return None
    unit = 10 ** max(0, int(math.log10(needed)) - 1)
    return max(item.rows + 1, math.ceil(needed / unit) * unit)
