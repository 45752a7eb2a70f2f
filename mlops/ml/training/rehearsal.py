"""A model of a user's own, exported from a few rows before it learns from all: what cannot be served costs no time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlops.errors import ConfigurationError, DataError
from mlops.ml.training import export
from mlops.ml.training.problem import Scale

if TYPE_CHECKING:
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Candidate, Session

ROWS = 50


def rehearse(candidate: Candidate, problem: Problem, examples: Examples, session: Session) -> None:
    """Train on fifty rows for one epoch, and hold the ONNX graph to what was trained.

    A model that cannot learn from so few rows is not to blame: then nothing is known before it has them all.

    Raises:
        ConfigurationError: it cannot be written as ONNX.
        IntegrityError: the graph answers otherwise than the model.
    """
    few = examples.part(_few(problem, examples.train_y), slice(ROWS))
    options = session.options.model_copy(update={"max_epochs": 1})
    short = replace(session, options=options, checkpoints=None, observe=lambda _: None)
    try:
        fitted = candidate.fit(few, short)
        scores = fitted.predict(few.validation_x)
    except (ConfigurationError, DataError):
        return
    scale = Scale.of(problem.task, examples.train_y)
    export.check_parity(session.name, fitted.export(), few.validation_x, scores, scale)


def _few(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Take the first rows, and the first of each class."""
    first = np.arange(min(ROWS, len(y)))
    return first if problem.task == "regression" else np.union1d(first, np.unique(y, return_index=True)[1])
