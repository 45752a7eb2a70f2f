"""The chosen candidate of a forecast, at several origins in train and validation; the test part is not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.ml.data.periods import periods
from mlops.ml.evaluation.studies import backtest
from mlops.ml.training.problem import Examples
from mlops.ml.training.slow import slow
from mlops.stages.forecasting import ahead, naive
from mlops.stages.released import again

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.forecast import Lookback
    from mlops.documents.training import OriginReport
    from mlops.ml.evaluation.studies.backtest import Fold
    from mlops.ml.training.session import Candidate, Fitted, Session
    from mlops.stages.context import StageContext


def run(
    context: StageContext,
    asked: Lookback,
    target: str,
    origins: int,
    examples: Examples,
    candidate: Candidate,
    session: Session,
    *,
    refit: bool,
    sliding: int | None = None,
) -> dict[str, OriginReport]:
    """Measure at each origin; nothing for a network that takes too long to train again.

    With `sliding`, an origin knows so many periods before it and no more. What is released with the rows of validation
    (`refit`) learns so at each origin too. How columns are scaled was learnt from all of train, in one go for all
    origins; everything else is as at the origin.
    """
    if slow(candidate):
        context.say(f"no backtest: {session.name} is a network, which takes too long to train again")
        return {}
    parts = [pl.read_parquet(context.path(f"artifacts/split/{part}.parquet")) for part in ("train", "validation")]
    rows = pl.concat(parts)
    numbers = periods(rows[asked.date], asked.every).to_numpy()
    x = np.concatenate([examples.train_x, examples.validation_x])
    y = np.concatenate([examples.train_y, examples.validation_y])

    def learn(fold: Fold) -> NDArray[Any]:
        fitted: Fitted = candidate.fit(
            Examples(x[fold.train], y[fold.train], x[fold.validation], y[fold.validation]), session
        )
        if refit:  # as what is released does
            known = Examples(x[fold.known], y[fold.known], x[fold.known], y[fold.known])
            fitted = again(candidate, known, session, fitted, len(fold.known) / len(fold.train))
        return fitted.predict(x[fold.test])

    def name(fold: Fold) -> str:
        return str(rows[asked.date].filter(pl.Series(numbers <= fold.origin)).max())

    found = backtest.folds(numbers, origins, asked.horizon, sliding, ahead(asked, target, rows))
    return backtest.measure(found, y, naive(asked, target, rows), learn, name)
