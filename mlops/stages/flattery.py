"""How much choosing among the candidates flatters the chosen one, for the report; gates judge the rows of test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlops.documents.training import OptimismReport
from mlops.files.canonical import rounded
from mlops.statistics.selection_optimism import measured_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.stages.scoring import Scoring
    from mlops.stages.training_reports import Result

_MOST_ROWS = 20_000
"""Of more rows choosing among a few candidates makes nothing that shows."""
_RESAMPLES = 100
_WORK = 2_000_000
"""Scores that are measured at most, of all candidates and resamples."""


def optimism(scoring: Scoring, results: Sequence[Result]) -> OptimismReport | None:
    """Estimate it; None where there was no choice, or rows enough to choose by."""
    rows = len(scoring.examples.validation_y)
    if len(results) < 2 or rows > _MOST_ROWS:
        return None
    sign = 1.0 if scoring.judge.higher_is_better else -1.0
    scores = [result.scores for result in results]

    def worth(model: int, drawn: NDArray[np.int64]) -> float:
        return sign * scoring.value(scores[model][drawn], drawn)

    resamples = int(np.clip(_WORK // (rows * (len(results) + 1)), 20, _RESAMPLES))
    apart = measured_apart(rows, len(results), worth, resamples, scoring.seed("optimism"))
    if apart is None:
        return None
    best = max(results, key=lambda result: result.rank)
    return OptimismReport(
        candidates=len(results),
        resamples=resamples,
        best=best.name,
        value=rounded(best.validation[scoring.judge.metric]),
        apart=rounded(sign * apart),
    )
