"""How unequally groups are treated by decisions: the worst pair of groups, with an interval that small groups widen.

Values equal fairlearn's (`fairlearn.metrics`, aggregated by the worst case, between groups); predictive parity is that
of precision. The interval comes from score intervals of every pair of groups. What must hold of all pairs at once
needs no correction; that some pair breaks a bound is claimed at a level divided among all pairs (Bonferroni).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.gate import Rate
from mlops.files.figures import plural
from mlops.gate_rules import FAIRNESS
from mlops.gate_rules.fairness import FALSE_POSITIVE, RATES, TRUE_POSITIVE
from mlops.ml.evaluation.intervals.power import told
from mlops.statistics.proportions import Share, difference, ratio
from mlops.statistics.weights import effective, weighted_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.gate_rules.fairness import DecisionRate, FairnessMeasure

Mask = Any
_MANY = 4096  # a group that needs this many times its rows is out of sight


@dataclass(frozen=True)
class Group:
    """A rate of one group: the share, worth how many independent rows, counted on how many."""

    name: str
    rate: DecisionRate
    share: Share
    counted: int
    rows: int


@dataclass(frozen=True)
class Treatment:
    """What decisions say about groups; `caveat` forbids a pass, `problem` says why there is nothing to judge."""

    value: float = math.nan
    low: float = -math.inf
    high: float = math.inf
    caveat: str = ""
    problem: str = ""
    rows_needed: int | None = None


@dataclass(frozen=True)
class Labelled:
    """Decisions and truth ([n], 0 or 1) with the group of every row and, where rows hang together, their cluster.

    `weights` ([n]) are how much each row counts, where not all count alike.
    """

    y: NDArray[Any]
    decided: NDArray[Any]
    group: NDArray[Any]
    clusters: NDArray[np.int64] | None = None
    weights: NDArray[np.float64] | None = None

    def share(self, rate: DecisionRate, where: Mask) -> tuple[Share | None, int]:
        """Count one rate among some rows; None where there are none to count on."""
        rows = np.flatnonzero(where & rate.among(self.y, self.decided))
        if not len(rows):
            return None, 0
        hits = rate.hit(self.y[rows], self.decided[rows]).astype(np.float64)
        if self.weights is not None:
            clusters = np.arange(len(self.y)) if self.clusters is None else self.clusters
            return weighted_share(hits, self.weights[rows], clusters[rows]), int(effective(self.weights[rows], 0))
        share = Share(float(hits.mean()), float(len(rows)))
        if self.clusters is not None:
            share = replace(share, rows=_worth(hits, self.clusters[rows]))
        return share, len(rows)


def treatment(
    measure: str, data: Labelled, bound: float, tail: float, minimum_rows: int, expected: Sequence[str] = ()
) -> Treatment:
    """Measure one kind of unequal treatment; raises KeyError on an unknown one."""
    kind = FAIRNESS[measure]
    names = sorted(set(data.group.tolist()))
    if len(names) < 2:
        return Treatment(problem=f"there is one group only, {names[0]}" if names else "there are no rows")
    if len(np.unique(data.decided)) < 2:
        return Treatment(problem="the candidate says the same of every row, which is equal and useless")
    groups = [_group(data, name, rate) for rate in kind.rates for name in names]
    empty = [f"{group.name} has no rows{group.rate.which}" for group in groups if not group.counted]
    absent = [f"the data declares {name}, and no test row has it" for name in expected if name not in names]
    if empty:
        return Treatment(caveat="; ".join([*absent, *empty]), rows_needed=None)
    value, low, high = _worst(groups, kind, tail)
    small = [_small(group, minimum_rows) for group in groups if group.counted < minimum_rows]
    caveat = "; ".join([*absent, *small]) or _useless(data, names, tail)
    return Treatment(value, low, high, caveat, rows_needed=_rows_needed(groups, kind, bound, tail, minimum_rows))


def rates(data: Labelled, tail: float) -> dict[str, tuple[Rate, ...]]:
    """List every rate of every group with its score interval, {rate: groups}; None where there are no rows to count."""
    z = NormalDist().inv_cdf(1 - tail)
    names = sorted(set(data.group.tolist()))
    return {rate.name: tuple(_described(_group(data, name, rate), z) for name in names) for rate in RATES}


def _described(group: Group, z: float) -> Rate:
    value, (low, high) = (group.share.value, group.share.interval(z)) if group.counted else (None, (None, None))
    return Rate(group=group.name, value=value, low=low, high=high, rows=group.counted)


def _group(data: Labelled, name: str, rate: DecisionRate) -> Group:
    where = data.group == name
    share, counted = data.share(rate, where)
    return Group(name, rate, share or Share(math.nan, 0.0), counted, int(where.sum()))


def _worst(groups: Sequence[Group], kind: FairnessMeasure, tail: float) -> tuple[float, float, float]:
    """Give the gap of the worst pair (or the smallest ratio) and its interval."""
    pairs = list(_pairs(groups))
    sure, shared = (NormalDist().inv_cdf(1 - tail / count) for count in (1, len(pairs)))
    if not kind.ratio:
        value = max(first.value - second.value for first, second in pairs)
        low = max(0.0, *(difference(first, second, shared)[0] for first, second in pairs))
        return value, low, max(difference(first, second, sure)[1] for first, second in pairs)
    value = min(first.value / second.value if second.value > 0 else math.inf for first, second in pairs)
    if not math.isfinite(value):
        return math.nan, -math.inf, math.inf
    low = min(ratio(first, second, sure)[0] for first, second in pairs)
    return value, low, min(1.0, *(ratio(first, second, shared)[1] for first, second in pairs))


def _pairs(groups: Sequence[Group]) -> Iterator[tuple[Share, Share]]:
    return ((a.share, b.share) for a, b in itertools.permutations(groups, 2) if a.rate == b.rate)


def _useless(data: Labelled, names: Sequence[str], tail: float) -> str:
    """Say for whom the decisions are not shown to be better than a coin; equality of useless answers is no merit.

    Shown: the true positive rate exceeds the false positive rate (Youden's J, balanced accuracy above one half).
    """
    z = NormalDist().inv_cdf(1 - tail)
    masks: Mapping[str, Mask] = {
        "all rows": np.ones(len(data.y), dtype=bool),
        **{name: data.group == name for name in names},
    }
    for name, where in masks.items():
        hit, alarm = (data.share(rate, where)[0] for rate in (TRUE_POSITIVE, FALSE_POSITIVE))
        if hit is None or alarm is None or not difference(hit, alarm, z)[0] > 0:
            return f"its decisions are not shown to be better than a coin for {name}"
    return ""


def _small(group: Group, minimum_rows: int) -> str:
    needed = _scaled(group, minimum_rows / group.counted)
    return (
        f"{group.name} has {plural(group.counted, 'row')}{group.rate.which}, "
        f"needs at least {minimum_rows:,} (about {needed:,} rows of it)"
    )


def _rows_needed(
    groups: Sequence[Group], kind: FairnessMeasure, bound: float, tail: float, minimum_rows: int
) -> int | None:
    """Find how many rows of the smallest group would decide, were all groups that many times larger."""
    smallest = min(groups, key=lambda group: group.counted)
    factor = max(1.0, minimum_rows / smallest.counted)
    while factor <= _MANY:
        grown = [replace(g, share=Share(g.share.value, g.share.rows * factor)) for g in groups]
        _, low, high = _worst(grown, kind, tail)
        if low >= bound if kind.ratio else high <= bound:
            return _scaled(smallest, factor)
        factor *= 1.1
    return None


def _scaled(group: Group, factor: float) -> int:
    return told(group.rows * factor)


def _worth(hits: NDArray[np.float64], clusters: NDArray[np.int64]) -> float:
    """Give how many independent rows would vary as much (Korn and Graubard, Survey Methodology 24:193, 1998)."""
    _, index = np.unique(clusters, return_inverse=True)
    count, n, p = int(index.max()) + 1, len(hits), float(hits.mean())
    sums = np.bincount(index, weights=hits - p)
    variance = float((sums**2).sum()) / n**2 * (count / max(1, count - 1))
    if not 0 < p < 1 or variance <= 0:
        return float(count)
    return float(min(n, p * (1 - p) / variance))
