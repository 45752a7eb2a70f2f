"""The chosen candidate of rows in time, at several origins in train and validation; the test part is not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.documents.training import OriginReport, WalkedReport
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.metrics import validated
from mlops.ml.evaluation import baselines, metrics
from mlops.ml.evaluation.persistence import as_last_time
from mlops.ml.evaluation.studies import walk_forward
from mlops.ml.training.problem import Examples
from mlops.ml.training.slow import slow
from mlops.stages.released import again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.blocks.backtest import Origins
    from mlops.ml.evaluation.studies.walk_forward import Stretch
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate, Session
    from mlops.stages.context import StageContext

_DAY = 86_400_000_000  # microseconds


def run(
    context: StageContext,
    asked: Origins,
    metric: str,
    problem: Problem,
    examples: Examples,
    candidate: Candidate,
    session: Session,
    *,
    refit: bool,
) -> tuple[dict[str, OriginReport], WalkedReport | None]:
    """Measure at each origin, beside what needs no model; nothing for a network, which takes too long to train again.

    What is released with the rows of validation (`refit`) learns so at each origin too. How columns are scaled was
    learnt from all of train, in one go for all origins; everything else is as at the origin.

    Raises:
        DataError: the key that orders rows is text, in which no distance can be measured.
    """
    if slow(candidate):
        context.say(f"no backtest: {session.name} is a network, which takes too long to train again")
        return {}, None
    columns = list(dict.fromkeys([asked.key, *([asked.thing] if asked.thing else [])]))
    rows = pl.concat(
        pl.read_parquet(context.path(f"artifacts/split/{part}.parquet"), columns=columns)
        for part in ("train", "validation")
    )
    times, unit = _times(rows[asked.key])
    whole = examples.whole
    asked_of = (asked.origins, (asked.gap or 0) * unit, None if asked.sliding is None else asked.sliding * unit)
    walk = _Walk(problem, whole, rows, asked, candidate, session, refit, metric)
    told: dict[str, OriginReport] = {}
    figures, ratios = [], []
    for stretch in walk_forward.stretches(times, *asked_of):
        name = str(rows[asked.key][int(stretch.test[np.argmin(times[stretch.test])])])
        if walk.lacks_a_class(stretch):
            context.say(f"no origin at {name}: a class is missing before it")
            continue
        measured = walk.measure(stretch)
        figures.append(measured["candidate"][metric])
        ratios.append(len(stretch.test) / len(stretch.known if refit else stretch.train))
        told[name] = OriginReport(known=len(stretch.known), rows=len(stretch.test), **rounded(measured))
    return told, _summary(context, asked, metric, figures, ratios)


def _summary(
    context: StageContext, asked: Origins, metric: str, figures: list[float], ratios: list[float]
) -> WalkedReport | None:
    known = [value for value in figures if np.isfinite(value)]
    if not known:
        context.say("no backtest: no origin has enough rows before and after it")
        return None
    mean, low, high = walk_forward.interval(known, float(np.mean(ratios)))
    spread = {"low": low, "high": high} if len(known) > 1 else {}
    told = rounded({"mean": mean, **spread}) | ({} if asked.gap is None else {"gap": asked.gap})
    walked = WalkedReport(metric=metric, origins=len(known), sliding=asked.sliding, **told)
    context.say(walked.sentence)
    return walked


def _times(keys: pl.Series) -> tuple[NDArray[np.float64], float]:
    """Number the times of rows [n], and say how long the unit of a distance is: a day, or 1."""
    if keys.dtype.is_temporal():
        return keys.cast(pl.Datetime("us")).to_physical().cast(pl.Float64).to_numpy(), float(_DAY)
    if not keys.dtype.is_numeric():
        raise DataError(f"`{keys.name}` is text, in which no backtest can go back", hint="give it a `type:`, say date")
    return keys.cast(pl.Float64).to_numpy(), 1.0


class _Walk:
    """All that is the same at each origin; `rows` are those of `examples`, in their order."""

    def __init__(
        self,
        problem: Problem,
        examples: Examples,
        rows: pl.DataFrame,
        asked: Origins,
        candidate: Candidate,
        session: Session,
        refit: bool,
        metric: str,
    ) -> None:
        self.problem, self.x, self.y, self.w = problem, examples.train_x, examples.train_y, examples.train_w
        self.rows, self.asked = rows, asked
        self.candidate, self.session, self.refit = candidate, session, refit
        self.names = validated(problem.task, metric)
        self.classes = 0 if problem.task == "regression" else max(problem.outputs, 2)

    def lacks_a_class(self, stretch: Stretch) -> bool:
        """Say whether nothing can be learnt of some class."""
        return self.classes > 0 and len(np.unique(self.y[stretch.train])) < self.classes

    def measure(self, stretch: Stretch) -> dict[str, dict[str, float]]:
        """Measure the candidate and what needs no model on the rows after an origin."""
        y, w = self.y[stretch.test], self._weights(stretch.test)
        return {
            model: {name: metrics.compute(name, y, score, weights=w) for name in self.names}
            for model, score in self._scores(stretch)
        }

    def _scores(self, stretch: Stretch) -> Iterator[tuple[str, NDArray[Any]]]:
        known, test, task = stretch.known, stretch.test, self.problem.task
        fitted = self.candidate.fit(self._examples(stretch.train, stretch.validation), self.session)
        if self.refit:
            grown = len(known) / len(stretch.train)
            fitted = again(self.candidate, self._examples(known, known), self.session, fitted, grown)
        yield "candidate", fitted.predict(self.x[test])
        weights = self._weights(known)
        yield "dummy", baselines.dummy(task, self.y[known], self.classes, len(test), weights, self.problem.quantile)
        both = np.concatenate([known, test])
        things = None if self.asked.thing is None else self.rows[self.asked.thing][both]
        learnt = np.arange(len(both)) < len(known)
        scores = as_last_time(task, self.rows[self.asked.key][both], things, self.y[both], learnt, self.classes)
        yield "persistence", scores[len(known) :]

    def _examples(self, learnt: NDArray[np.int64], judged: NDArray[np.int64]) -> Examples:
        x, y = self.x, self.y
        return Examples(x[learnt], y[learnt], x[judged], y[judged], self._weights(learnt), self._weights(judged))

    def _weights(self, rows: NDArray[np.int64]) -> NDArray[Any] | None:
        return None if self.w is None else self.w[rows]
