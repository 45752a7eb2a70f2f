"""How often intervals cover the truth of the population where rows were drawn unequally, with weights and without.

    python benchmarks/weights.py [--smoke | --write]

A population is made in which the share of the drawn rows depends on what the model gets right; a row's weight is one by
its chance of being drawn. Seeds are fixed. Intervals of 95 % must cover at least .93 of the time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.simulation import Claim
from mlops.metrics.weighting import weighted
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, draw
from mlops.ml.evaluation.intervals.influence import linearised
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import compute, statistic
from mlops.statistics.proportions import normal_quantile
from mlops.statistics.weights import weighted_share

if TYPE_CHECKING:
    from mlops.metrics.weighting import Floats

LIBRARIES = ("numpy", "scipy")
CONFIDENCE, LEAST, RUNS = 0.95, 0.93, 500
METRICS = ("auroc", "accuracy", "brier", "log_loss", "average_precision")
_SAMPLES, _TRUTH, _SEED = 400, 2_000_000, 20
Sample = tuple["Floats", "Floats", "Floats"]
"""Truth, probability and weight of each row."""


def population(random: np.random.Generator, rows: int) -> tuple[Floats, Floats, Floats]:
    """Make truth, probability and the chance of being drawn: hard rows are drawn six times as often as easy ones."""
    odds, hard = random.normal(-0.5, 1.5, rows), random.random(rows) < 0.3
    y = (random.random(rows) < 1 / (1 + np.exp(-np.where(hard, 0.3, 1.2) * odds))).astype(np.float64)
    return y, 1 / (1 + np.exp(-odds)), np.where(hard, 0.6, 0.1)


def sampled(random: np.random.Generator, rows: int) -> Sample:
    """Draw about so many rows of it, each with its chance."""
    y, score, chance = population(random, rows * 4)
    kept = random.random(len(y)) < chance
    return y[kept], score[kept], 1 / chance[kept]


def covered(seed: tuple[int, int], rows: int, truth: dict[str, float]) -> dict[str, bool]:
    """Say of every kind of interval whether it covers the truth, on one sample."""
    y, score, by = sampled(np.random.default_rng(seed), rows)
    resampling, every = Resampling.of(len(y), None, _SAMPLES, seed[1]), np.arange(len(y))
    plain = {name: (statistic(name, y, score), every) for name in METRICS}
    counted = {name: (weighted(apply, by), every) for name, (apply, _) in plain.items()}
    found = {}
    ways = {
        "rows by weight": (counted, draw(counted, resampling)),
        "contributions by weight": (counted, linearised(counted, resampling)),
        "rows, all alike": (plain, draw(plain, resampling)),
    }
    for way, (statistics, draws) in ways.items():
        for name, (apply, _) in statistics.items():
            value = float(apply(np.ones((1, len(y))))[0])
            interval = Interval.of(value, draws[name], CONFIDENCE, limits.of_metric(name))
            found[f"{way}: {name}"] = interval.low <= truth[name] <= interval.high
    share = weighted_share(((score > 0.5) == y).astype(np.float64), by, every)
    low, high = share.interval(normal_quantile(CONFIDENCE))
    found["share of a group, by weight"] = low <= truth["accuracy"] <= high
    return found


def claims(runs: int) -> Iterator[Claim]:
    """Count how often each kind of interval covers, on samples of about 300 and 2,000 rows."""
    y, score, _ = population(np.random.default_rng(_SEED), _TRUTH)
    truth = {name: compute(name, y, score) for name in METRICS}
    for rows in (300, 2_000):
        drawn = [covered((rows, run), rows, truth) for run in range(runs)]
        for name in drawn[0]:
            least = LEAST if "alike" not in name else None
            yield Claim(f"covered, about {rows:,} rows, {name}", sum(one[name] for one in drawn) / runs, runs, least)


def main() -> int:
    """Print every claim."""
    asked = command.parser(__doc__).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows = []
    for claim in claims(10 if asked.smoke else RUNS):
        print(claim.line(), flush=True)
        rows.append(claim.row())
    return measuring.end(rows)


if __name__ == "__main__":
    sys.exit(main())
