"""Processes that work, to be measured as models are: by real clocks, or by clocks that only work moves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.serving import ServingReport
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.serving_cost import judge
from mlops.stages import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUTS = {"model.onnx": "a", "transform.json": "b"}
RULE = Rule("r", "latency_p50", "champion", at_most=0.1)
Repetitions = dict[str, dict[str, Any]]
_BUSY = """
import sys
from mlops.bundle import timing

work, ticking = int(sys.argv[1]), sys.argv[2] == "ticking"
now = 0.0

class Busy:
    answers = 0

    def predict_rows(self, rows):
        global now
        for _ in rows:
            self.answers += 1
            now += work * (1 + self.answers / 1000) * 1e-8  # a machine that grows slower
            if not ticking:
                sum(range(work))

if ticking:
    timing.perf_counter = lambda: now
timing.answer(Busy(), [{}], 4, sys.stdin, sys.stdout)
"""


def busy(work: int, clock: str) -> measure.Subject:
    """A process that adds up numbers for every row; its clock is `real`, or `ticking`: moved by the numbers alone."""
    return measure.Subject((sys.executable, "-c", _BUSY, str(work), clock), 2**20)


def timed(ratio: float, clock: str, repetitions: int = 5) -> Repetitions:
    """Measure a workload and one that does `ratio` times as much, in turns."""
    subjects = {"candidate": busy(int(40_000 * ratio), clock), "champion": busy(40_000, clock)}
    return measure.measure(subjects, repetitions, 80, 4)


def judged(repetitions: Repetitions) -> str:
    """Ask whether the median latency is at most a tenth above the champion's."""
    report = ServingReport.model_validate({"inputs": INPUTS, "champion": "c", "repetitions": repetitions})
    return judge([RULE], report, INPUTS, "c", 0.95)[0].verdict


def simulated(ratio: float, spread: float, random: np.random.Generator, repetitions: int = 5) -> Repetitions:
    """Make up medians whose log-ratios have this standard deviation."""
    noise: NDArray[np.float64] = random.normal(0, spread, repetitions)
    ours = (ratio * np.exp(noise)).tolist()
    return {"candidate": {"latency_p50": ours}, "champion": {"latency_p50": [1.0] * repetitions}}
