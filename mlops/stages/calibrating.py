"""Probabilities of the chosen candidate, fitted to what happened on validation; what that brought, for the report.

A calibrator is fitted on the scores of the model that never saw these rows, and is part of the model from there on.
What it brings is measured on rows that it was not fitted on: five parts of validation in turns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.training import CalibrationReport
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.ml.evaluation.metrics import compute
from mlops.statistics import hashed
from mlops.statistics.recalibration import Isotonic, Logistic, temperature
from mlops.statistics.weights import effective

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.objective import Calibrate, Objective
    from mlops.ml.training.heads import Head
    from mlops.ml.training.problem import Examples
    from mlops.stages.training_reports import Result

ISOTONIC_ROWS = 1_000
"""Below it isotonic regression overfits (Niculescu-Mizil and Caruana, ICML 2005, section 5)."""
OF_A_CLASS = 100
"""Rows that came true, and rows that did not, that a slope needs (Vergouwe et al., J Clin Epidemiol 58:475, 2005)."""
_FOLDS = 5


def refuse_few(objective: Objective, examples: Examples) -> None:
    """Raise DataError where validation has too few rows to fit a calibrator on, counted by what they are worth."""
    how, y, by = objective.calibrate, examples.validation_y, examples.validation_w
    if how is None:
        return
    if how == "isotonic":
        have, need, what = effective(by, len(y)), ISOTONIC_ROWS, "rows"
    else:
        counts = [effective(None if by is None else by[y == k], int((y == k).sum())) for k in np.unique(y)]
        have, need, what = (min(counts), OF_A_CLASS, "rows of its rarest class")
        if how == "temperature":
            have, what = effective(by, len(y)), "rows"
    if have < need:
        raise DataError(
            f"objective.calibrate: {how} needs {need:,} {what} of validation, and there are {int(have):,}",
            hint="choose `temperature`, which needs fewest, give validation a larger share, or remove `calibrate`"
            if how != "temperature"
            else "give validation a larger share, or remove `calibrate`",
        )


def calibrated(best: Result, objective: Objective, examples: Examples) -> Result:
    """Fit the calibrator that is asked for behind the chosen candidate; give it back as it is where none is.

    Raises:
        DataError: higher probabilities came true less often.
    """
    if objective.calibrate is None:
        return best
    from mlops.ml.training.heads import Headed, through

    y, by = examples.validation_y, examples.validation_w
    weights = np.ones(len(y)) if by is None else by
    scores = best.scores.astype(np.float64)
    head = _fitted(objective.calibrate, scores, y, weights)
    apart = np.empty_like(best.scores)
    part = np.argsort(hashed.order("calibrate", np.arange(len(y)))) % _FOLDS
    for fold in range(_FOLDS):
        known = part != fold
        apart[~known] = through(
            (_fitted(objective.calibrate, scores[known], y[known], weights[known]),), best.scores[~known]
        )
    figures = {
        f"{metric}_{when}": compute(metric, y, found, weights=by)
        for metric in ("ece", "log_loss")
        for when, found in (("before", best.scores), ("after", apart))
    }
    report = CalibrationReport(method=objective.calibrate, rows=len(y), **rounded(figures))
    fitted = Headed(best.fitted, (head,))
    return replace(best, fitted=fitted, scores=through((head,), best.scores), calibration=report)


def _fitted(how: Calibrate, scores: NDArray[np.float64], y: NDArray[Any], weights: NDArray[np.float64]) -> Head:
    from mlops.ml.training.heads import OneVersusRest, Temperature

    if how == "temperature":
        return Temperature(temperature(scores, y.astype(np.int64), weights))
    fit = Isotonic.fit if how == "isotonic" else Logistic.fit
    if scores.ndim == 1:
        return OneVersusRest((fit(scores, y.astype(np.float64), weights),))
    return OneVersusRest(tuple(fit(scores[:, k], (y == k).astype(np.float64), weights) for k in range(scores.shape[1])))
