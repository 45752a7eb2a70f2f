"""How often intervals cover the truth where resamples alone leave a metric's range, or miss its very value.

    python benchmarks/intervals.py [--smoke | --write]

Rows come from distributions whose truth is known; seeds are fixed. Beside each rate stands that of the bare percentile
interval on the same resamples. Bounds on a coverage of 95 % allow three Monte Carlo standard errors.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.simulation import Claim
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, draw
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import compute, statistic

if TYPE_CHECKING:
    from mlops.metrics.weighting import Floats

LIBRARIES = ("numpy", "scipy")
CONFIDENCE = 0.95
RUNS = 500
_SAMPLES = 400
_TRUTH = 2_000_000  # rows that give the truth where no formula does
Sample = tuple["Floats", "Floats", "Floats | None"]
"""Truth, score, and the person of each row."""


@dataclass(frozen=True)
class Case:
    """A metric on rows of one kind, and its true value."""

    name: str
    metric: str
    truth: float
    make: Callable[[np.random.Generator], Sample]


@dataclass(frozen=True)
class Seen:
    """One sample's interval, the bare percentile interval, and whether that was none."""

    ours: bool
    bare: bool
    illegal: bool


def people(random: np.random.Generator, count: int, area: float) -> Sample:
    """Make five rows each of so many people, half of them of either class; scores of one person hang together."""
    y = np.repeat(np.arange(count) % 2, 5).astype(np.float64)
    shared = np.repeat(random.normal(size=count), 5)
    strength = math.sqrt(2) * NormalDist().inv_cdf(area)
    noise = (shared + random.normal(size=len(y))) / math.sqrt(2)
    return y, strength * y + noise, np.repeat(np.arange(count), 5).astype(np.float64)


def probabilities(random: np.random.Generator, rows: int, slope: float) -> Sample:
    """Make probabilities whose logarithm of odds is off by a factor: 1 is perfect calibration."""
    odds = random.normal(-1.2, 1.0, rows)
    y = (random.random(rows) < 1 / (1 + np.exp(-slope * odds))).astype(np.float64)
    return y, 1 / (1 + np.exp(-odds)), None


def cases() -> Iterator[Case]:
    """List few people, whose intervals leave the range, and good calibration, whose intervals miss their value."""
    for count in (10, 20):
        yield Case(f"AUROC of 0.9, {count} people of five rows", "auroc", 0.9, lambda r, n=count: people(r, n, 0.9))
    for rows, slope in ((400, 1.0), (1500, 1.0), (1500, 0.9), (1500, 0.6)):
        make = lambda r, n=rows, s=slope: probabilities(r, n, s)  # noqa: E731
        y, score, _ = probabilities(np.random.default_rng(0), _TRUTH, slope)
        truth = 0.0 if slope == 1 else compute("ece", y, score)
        yield Case(f"calibration error of {truth:.3f}, {rows:,} rows", "ece", truth, make)


def seen(case: Case, seed: tuple[int, int]) -> Seen | None:
    """Draw a sample and its resamples; None where the metric is undefined on it."""
    y, score, groups = case.make(np.random.default_rng(seed))
    value, rows = compute(case.metric, y, score), np.arange(len(y))
    resampling = Resampling.of(len(y), groups, _SAMPLES, seed[1])
    draws = draw({0: (statistic(case.metric, y, score), rows)}, resampling)[0]
    low, high = (float(np.quantile(draws, tail)) for tail in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    if not math.isfinite(value) or not math.isfinite(low + high):
        return None
    possible = limits.of_metric(case.metric)
    ours = Interval.of(value, draws, CONFIDENCE, possible)
    illegal = not (possible.low <= low <= value <= high <= possible.high)
    return Seen(ours.low <= case.truth <= ours.high, low <= case.truth <= high, illegal)


def claims(runs: int) -> Iterator[Claim]:
    """Count, of every case, all samples and those whose percentile interval was none.

    A metric that few rows bias is held to what is promised; others to percentiles, which they are, cut.
    """
    for number, case in enumerate(cases()):
        every = [found for run in range(runs) if (found := seen(case, (number, run))) is not None]
        mended = [found for found in every if found.illegal]
        biased = limits.of_metric(case.metric).biased
        yield from _counted(f"{case.name}, where the percentile interval was none", mended, held=biased)
        yield from _counted(f"{case.name}, all samples", every, held=biased)


def _counted(name: str, found: list[Seen], *, held: bool) -> Iterator[Claim]:
    """Hold coverage to the promised rate, or else to that of percentiles."""
    if not found:
        return
    count = len(found)
    bare = sum(one.bare for one in found) / count
    least = CONFIDENCE - 3 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / count) if held else bare
    yield Claim(f"covered: {name}", sum(one.ours for one in found) / count, count, least)
    yield Claim(f"by percentiles alone: {name}", bare, count)


def main() -> int:
    """Print every claim."""
    asked = command.parser(__doc__).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows = []
    for claim in claims(20 if asked.smoke else RUNS):
        print(claim.line(), flush=True)
        rows.append(claim.row())
    return measuring.end(rows)


if __name__ == "__main__":
    sys.exit(main())
