"""From evidence to verdicts: pass, fail or inconclusive, with a sentence each.

A rule passes when the whole interval is on the good side of its bound, fails when the value itself is on the bad side
or cannot be known, and is inconclusive otherwise. Against the dummy the candidate must be strictly better than nothing.
Several slices of one rule share its error by Holm's method, or share false discoveries by that of Benjamini and
Hochberg: a slice passes only if it also survives that. Of many slices as good as the champion's some look worse by luck
alone, so that a slice compared with the champion fails only if its being worse than allowed survives the same method;
so does fairness, where the gap of the worst of several small groups is large by luck alone, only when the whole
interval is on the bad side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.gate import RuleResult
from mlops.files.canonical import rounded
from mlops.ml.evaluation.intervals.power import power, told
from mlops.ml.evaluation.judging import sentences
from mlops.statistics.multiple_testing import benjamini_hochberg, holm
from mlops.verdict import FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlops.blocks.bootstrap import Bootstrap
    from mlops.ml.evaluation.intervals.bootstrap import Interval
    from mlops.ml.evaluation.judging.evidence import Evidence
    from mlops.ml.evaluation.judging.rule import Rule
    from mlops.statistics.multiple_testing import Claim
    from mlops.verdict import RuleVerdict

CLUSTERS = 10  # fewer groups than this cannot carry an interval
_FAR = 30  # a half-width this many times the distance would need about a thousand times the rows


@dataclass(frozen=True)
class Result:
    """The verdict of one rule on one slice."""

    evidence: Evidence
    bound: float | None
    verdict: RuleVerdict
    sentence: str
    rows_needed: int | None = None
    tail: float = 0.0

    def record(self) -> RuleResult:
        """Give it as gate.json has it: figures of six digits; what does not concern the rule is left out."""
        rule, interval = self.evidence.rule, self.evidence.interval
        above = rule.at_least is None or (self.bound == rule.at_most and self.bound != rule.at_least)
        more: dict[str, Any] = {
            "under": rule.under or None,
            "side": "at_most" if above and rule.at_most is not None else None,
            "of": rule.of,
            "relative": rule.relative or None,
            "test": rule.test if self.evidence.pairs else None,
            "power": rounded(power_of(self.evidence, self.bound, self.tail)) if self.tail else None,
        }
        return RuleResult(
            id=rule.id,
            metric=rule.metric,
            against=rule.against,
            by=rule.by,
            slice=self.evidence.slice,
            value=rounded(interval.value),
            low=rounded(interval.low),
            high=rounded(interval.high),
            bound=rounded(self.bound),
            n=self.evidence.rows,
            rows_needed=self.rows_needed,
            verdict=self.verdict,
            sentence=self.sentence,
            mode=rule.mode,
            applicable=self.evidence.applicable,
            **{key: value for key, value in more.items() if value is not None},
        )


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

    @property
    def beyond(self) -> _Side:
        """Look at the other side of the bound: what is there is surely not good enough."""
        return _Side(self.bound, -self.sign, strict=True)

    def allows(self, interval: Interval) -> bool:
        """Tell whether the whole interval is on the good side."""
        return self.worst(interval) > 0 or (not self.strict and self.worst(interval) == 0)


def judge(evidence: Iterable[Evidence], method: Bootstrap, minimum_rows: int) -> list[Result]:
    """Judge every rule; evidence of one rule must be consecutive, for its slices are judged together."""
    families = (list(family) for _, family in groupby(evidence, key=lambda item: item.rule))
    return [result for family in families for result in _family(family, method, minimum_rows)]


def _family(family: list[Evidence], method: Bootstrap, minimum_rows: int) -> Iterator[Result]:
    sides = _sides(family[0].rule)
    early = [_unmeasured(item, sides) or _uncertain(item, sides, minimum_rows) for item in family]
    measured = [item for item, result in zip(family, early, strict=True) if result is None]
    correct = holm if family[0].rule.correction == "holm" else benjamini_hochberg
    claims = correct([max(_p_value(item, side) for side in sides) for item in measured], method.tail).claims()
    regressed = [min(_p_value(item, side.beyond) for side in sides) for item in measured]
    regressions = correct([p * len(sides) for p in regressed], method.tail).claims()
    for item, result in zip(family, early, strict=True):
        yield result or _measured(item, sides, method, next(claims), next(regressions))


def _sides(rule: Rule) -> tuple[_Side, ...]:
    """List the bounds of a rule; against the dummy no bound is weaker than strictly better than nothing."""
    dummy = rule.against == "dummy"
    sides = []
    if rule.at_least is not None:
        sides.append(_Side(max(rule.at_least, 0.0) if dummy else rule.at_least, 1, rule.is_strict))
    if rule.at_most is not None:
        sides.append(_Side(min(rule.at_most, 0.0) if dummy else rule.at_most, -1, rule.is_strict))
    return tuple(sides)


def _p_value(evidence: Evidence, side: _Side) -> float:
    """Estimate the one-sided p-value: how probable is a value this good if the truth were on the bound.

    Counted among the resamples, and never below the normal tail, which reaches further than they can be counted; nor,
    for right and wrong answers on a slice, below Tango's score test, which knows how rows vary on the bound.
    """
    if evidence.pairs is not None:
        return evidence.pairs.p_value(side.bound, side.sign)
    if evidence.rule.of is not None:
        return float(not side.allows(evidence.interval))
    margins = side.sign * (evidence.draws - side.bound)
    bad = int((~(margins > 0) if side.strict else ~(margins >= 0)).sum())
    counted = (bad + 1) / (len(margins) + 1) if bad else 0.0
    spread = max(float(np.nanstd(margins)), _spread_at(evidence, side.bound))
    margin = side.margin(evidence.interval.value)
    tail = NormalDist().cdf(-margin / spread) if spread > 0 else float(margin < 0)
    return max(counted, tail, 0.0 if evidence.answers is None else evidence.answers.p_value(side.bound, side.sign))


def _spread_at(evidence: Evidence, bound: float) -> float:
    """Estimate how widely a share would vary were it on the bound: near 0 and 1 less than elsewhere (score test)."""
    value = evidence.interval.value
    if not evidence.is_share or not 0 < bound < 1:
        return 0.0
    if 0 < value < 1:
        return float(np.nanstd(evidence.draws)) * math.sqrt(bound * (1 - bound) / (value * (1 - value)))
    return math.sqrt(bound * (1 - bound) / max(1, evidence.clusters))


def _unmeasured(item: Evidence, sides: Sequence[_Side]) -> Result | None:
    """Answer for a rule that was not measured."""
    bound = sides[0].bound if sides else None
    if not item.applicable:
        return Result(item, bound, INCONCLUSIVE, sentences.NO_CHAMPION)
    if item.problem or not sides:
        said = sentences.problem(item, item.problem or "the rule has no bound")
        return Result(item, bound, absent(item), said)
    return None


def absent(item: Evidence) -> RuleVerdict:
    """What is said of a rule that could not be measured."""
    return INCONCLUSIVE if item.rule.on_missing == "inconclusive" else FAIL


def _uncertain(item: Evidence, sides: Sequence[_Side], minimum_rows: int) -> Result | None:
    """Answer for rows that can carry no interval."""
    bound = sides[0].bound
    if item.rows < minimum_rows:
        return Result(item, bound, INCONCLUSIVE, sentences.few_rows(item, minimum_rows), minimum_rows)
    if not math.isfinite(item.interval.value) and not item.caveat:
        return Result(item, bound, absent(item), sentences.undefined(item))
    if item.clusters < min(CLUSTERS, minimum_rows):
        return Result(item, bound, INCONCLUSIVE, sentences.few_clusters(item, CLUSTERS))
    return None


def _measured(item: Evidence, sides: Sequence[_Side], method: Bootstrap, claim: Claim, regression: Claim) -> Result:
    """Compare the interval with the bounds; the worst bound speaks."""
    side = min(sides, key=lambda side: side.worst(item.interval))
    if item.rule.of is not None:
        return _treated(item, side)
    failed = next((each for each in sides if each.margin(item.interval.value) < 0), None)
    if failed is not None and _may_be_luck(item) and not regression.holds:
        needed = _rows_needed(item, failed.beyond, method, regression)
        said = sentences.unproven(item, failed.bound, failed.sign, needed)
        return Result(item, failed.bound, INCONCLUSIVE, said, needed, method.tail)
    if failed is not None:
        said = sentences.failed(item, failed.bound, failed.sign)
        return Result(item, failed.bound, FAIL, said, tail=method.tail)
    clear = all(each.allows(item.interval) for each in sides)
    if clear and (claim.holds or (item.slice is None and item.pairs is None)):
        return Result(item, side.bound, PASS, sentences.passed(item, side.bound, side.sign), tail=method.tail)
    needed = _rows_needed(item, side, method, claim)
    said = sentences.unsure(item, side.bound, side.sign, needed, clear, power_of(item, side.bound, method.tail))
    return Result(item, side.bound, INCONCLUSIVE, said, needed, method.tail)


def _may_be_luck(item: Evidence) -> bool:
    """Tell whether a value on the bad side of its bound proves nothing yet: one of the slices beside the champion's."""
    return item.slice is not None and item.rule.against == "champion"


def _treated(item: Evidence, side: _Side) -> Result:
    """Judge fairness: unequal only if even the better end of the interval is, equal only if also the worse end is."""
    best = side.margin(item.interval.high if side.sign > 0 else item.interval.low)
    if best < 0:
        return Result(item, side.bound, FAIL, sentences.failed(item, side.bound, side.sign))
    if not item.caveat and side.allows(item.interval):
        return Result(item, side.bound, PASS, sentences.passed(item, side.bound, side.sign))
    said = sentences.untreated(item, side.bound, side.sign)
    return Result(item, side.bound, INCONCLUSIVE, said, item.rows_needed)


def power_of(item: Evidence, bound: float | None, tail: float) -> float | None:
    """Give the chance that a candidate just as good as the other passes a margin, on as many rows as these.

    The rows' own variance is taken from the interval. None where the rule has no margin.
    """
    if bound is None or item.other is None or item.rule.against == "dummy":
        return None
    margin = -bound if item.rule.at_least is not None else bound
    width = item.interval.high - item.interval.low
    if not (margin > 0 and math.isfinite(width) and item.rows):
        return None
    if width == 0:
        return 1.0
    return round(power(margin, width / 2 / NormalDist().inv_cdf(1 - tail), tail), 4)


def _rows_needed(item: Evidence, side: _Side, method: Bootstrap, claim: Claim) -> int | None:
    """Shrink the half-width with the root of the rows until it fits before the bound; None if that is out of sight."""
    distance = side.margin(item.interval.value)
    half = distance - side.worst(item.interval)
    if item.slice is not None:
        half *= NormalDist().inv_cdf(1 - claim.level) / NormalDist().inv_cdf(1 - method.tail)
    if not (distance > 0 and half < _FAR * distance):
        return None
    return told(item.rows * max(1.1, (half / distance) ** 2))
