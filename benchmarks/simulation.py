"""What simulations of gates are made of: rows with a known truth, their verdict, and the rate that is claimed of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from benchmarks.result import Row
from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from mlops.verdict import verdict as overall

ALPHA = 0.05
METHOD = Bootstrap(samples=400)


@dataclass(frozen=True)
class Claim:
    """A rate that was counted over simulations, and where it must lie; `None` only informs."""

    name: str
    rate: float
    runs: int
    low: float | None = None
    high: float | None = None

    @property
    def holds(self) -> bool:
        """Tell whether the rate lies where it must."""
        return (self.low is None or self.rate >= self.low) and (self.high is None or self.rate <= self.high)

    @property
    def bound(self) -> str:
        """Spell the bounds, empty where it only informs."""
        bounds = [f"at least {self.low:.1%}"] if self.low is not None else []
        bounds += [f"at most {self.high:.1%}"] if self.high is not None else []
        return " and ".join(bounds)

    def row(self) -> Row:
        """Say the same in a result."""
        bounded = {"bound": self.bound, "holds": self.holds} if self.bound else {}
        return Row(name=self.name, ours=self.rate, unit="share of runs", n=self.runs, **bounded)

    def line(self) -> str:
        """Spell the rate beside its bounds."""
        said = self.bound or "(for comparison)"
        return f"{'ok  ' if self.holds else 'MISS'}  {self.rate:6.1%}  {said:<30} {self.runs:>5} runs  {self.name}"


def at_most_alpha(name: str, hits: int, runs: int) -> Claim:
    return Claim(name, hits / runs, runs, high=ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / runs))


def near(name: str, hits: int, runs: int, theory: float) -> Claim:
    slack = 0.05 + 3 * math.sqrt(theory * (1 - theory) / runs) * (runs < 1000)
    return Claim(f"{name}, theory {theory:.1%}", hits / runs, runs, max(0.0, theory - slack), min(1.0, theory + slack))


def predictions(task: str, y: Any, candidate: Any, champion: Any, **facts: Any) -> Predictions:
    scores = {"candidate": candidate} if champion is None else {"candidate": candidate, "champion": champion}
    facts = {"slices": {}, "champion": None if champion is None else "sha256:" + "c" * 64, **facts}
    return Predictions(task, np.arange(len(y)), y, scores, **facts)


def verdict(data: Predictions, *rules: Rule, method: Bootstrap = METHOD, minimum_rows: int = 30) -> str:
    found = gather(data, rules, method, minimum_rows, grouped=data.groups is not None)
    return overall(each.record() for each in judge(found, method, minimum_rows))


def rule(metric: str, **bounds: Any) -> Rule:
    return Rule(metric, metric, **bounds)


def count(runs: int, seed: int, wanted: str, run: Callable[[np.random.Generator], str]) -> int:
    return sum(run(np.random.default_rng((seed, number))) == wanted for number in range(runs))


def right_or_wrong(random: np.random.Generator, rows: int, gained: float, lost: float) -> tuple[Any, Any, Any]:
    """Make answers of two models: 80 % right together, and shares that only one of them has right."""
    kind = random.choice(4, rows, p=[0.8, gained, lost, 0.2 - gained - lost])
    y = random.integers(0, 2, rows)
    return y, *(np.where(np.isin(kind, right), y, 1 - y) * 0.8 + 0.1 for right in ((0, 1), (0, 2)))


def binormal(random: np.random.Generator, rows: int, first: float, second: float) -> tuple[Any, Any, Any]:
    """Make probabilities of two models with these areas under the ROC curve, correlated by half."""
    y, shared = random.integers(0, 2, rows), random.normal(size=rows)
    scores = []
    for area in (first, second):
        strength = math.sqrt(2) * NormalDist().inv_cdf(area)
        noise = (shared + random.normal(size=rows)) / math.sqrt(2)
        scores.append(1 / (1 + np.exp(-(strength * (strength * (y - 0.5) + noise)))))
    return y, *scores


def numbers(random: np.random.Generator, rows: int, worse_by: float = 0.0) -> tuple[Any, Any, Any]:
    """Make errors of two models, half of them shared; the candidate's mean is greater by `worse_by`."""
    shared = random.exponential(size=rows)
    y = random.normal(size=rows)
    return y, *(y + shared + random.exponential(size=rows) + more for more in (worse_by, 0.0))
