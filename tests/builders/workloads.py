"""Processes that really work for a given while, to be measured as models are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.evaluation.judging.evidence import Rule
from mlops.ml.evaluation.judging.serving_cost import judge
from mlops.steps import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUTS = {"model.onnx": "a", "transform.json": "b"}
RULE = Rule("r", "latency_p50", "champion", at_most=0.1)
_WORK = 40_000
Repetitions = dict[str, dict[str, Any]]
_BUSY = """
import sys
from mlops.bundle.timing import answer

class Busy:
    def predict_rows(self, rows):
        for _ in rows:
            sum(range(int(sys.argv[1])))

answer(Busy(), [{}], 4, sys.stdin, sys.stdout)
"""


def busy(work: int) -> measure.Subject:
    """A process that adds up numbers for every row."""
    return measure.Subject((sys.executable, "-c", _BUSY, str(work)), 2**20)


def timed(ratio: float, repetitions: int = 5) -> Repetitions:
    """Measure a workload and one that does `ratio` times as much, by real clocks and in turns."""
    subjects = {"candidate": busy(int(_WORK * ratio)), "champion": busy(_WORK)}
    return measure.measure(subjects, repetitions, 80, 4)


def judged(repetitions: Repetitions) -> str:
    """Ask whether the median latency is at most a tenth above the champion's."""
    document = {"inputs": INPUTS, "champion": "c", "repetitions": repetitions}
    return judge([RULE], document, INPUTS, "c", 0.95)[0].verdict


def simulated(ratio: float, spread: float, random: np.random.Generator, repetitions: int = 5) -> Repetitions:
    """Make up medians whose log-ratios have this standard deviation."""
    noise: NDArray[np.float64] = random.normal(0, spread, repetitions)
    ours = (ratio * np.exp(noise)).tolist()
    return {"candidate": {"latency_p50": ours}, "champion": {"latency_p50": [1.0] * repetitions}}
