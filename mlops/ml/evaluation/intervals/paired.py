"""Two models on the same rows, each right or wrong on every one: what the rows say where they differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

_EXACT = 1000  # rows where the models differ; beyond it the normal distribution serves


@dataclass(frozen=True)
class Pairs:
    """Of `rows` rows, those where only the candidate was right (`gained`) and only the other (`lost`)."""

    rows: int
    gained: int
    lost: int

    @property
    def difference(self) -> float:
        """The share of right answers of the candidate less that of the other."""
        return (self.gained - self.lost) / self.rows

    def interval(self, tail: float) -> tuple[float, float]:
        """Give every difference that the score test does not refuse (Tango, Statistics in Medicine 17:891, 1998)."""
        z = NormalDist().inv_cdf(1 - tail)
        return self._end(-1.0, z), self._end(1.0, -z)

    def p_value(self, bound: float, sign: int) -> float:
        """Give the one-sided p-value of a difference this far on the good side of a bound, which lies at `sign`.

        At 0 it is McNemar's: exact and mid-p (Fagerland et al., BMC Medical Research Methodology 13:91, 2013);
        elsewhere Tango's score test.
        """
        if bound == 0 and 0 < self.gained + self.lost <= _EXACT:
            return _mid_p(self.gained + self.lost, self.gained if sign > 0 else self.lost)
        return NormalDist().cdf(-sign * self.score(bound))

    def score(self, difference: float) -> float:
        """Measure how far the rows are from a difference, in standard errors that hold if it is true."""
        n, b, c = self.rows, self.gained, self.lost
        linear = -b - c + (2 * n - b + c) * difference
        root = max(0.0, linear**2 + 8 * n * c * difference * (1 - difference))
        only_other = (math.sqrt(root) - linear) / (4 * n)
        variance = n * (2 * only_other + difference * (1 - difference))
        distance = b - c - n * difference
        if variance <= 1e-12:
            return 0.0 if abs(distance) < 1e-9 else math.copysign(math.inf, distance)
        return distance / math.sqrt(variance)

    def _end(self, far: float, z: float) -> float:
        """Find the difference between the one seen and `far` whose score is `z`, by halving."""
        near = self.difference
        for _ in range(60):
            middle = (near + far) / 2
            near, far = (middle, far) if abs(self.score(middle)) < abs(z) else (near, middle)
        return near


def _mid_p(trials: int, wins: int) -> float:
    """Give the chance of more wins of a fair coin, and half that of as many."""
    ways = math.comb(trials, wins)
    twice, term = ways, ways  # whole numbers, so that nothing is lost
    for count in range(wins + 1, trials + 1):
        term = term * (trials - count + 1) // count
        twice += 2 * term
    return twice / (1 << (trials + 1))
