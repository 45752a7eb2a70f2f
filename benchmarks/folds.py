"""How often intervals over folds cover the truth, and how often a gate passes on them what it should not.

    python benchmarks/folds.py [--smoke | --write]

Rows come from a known source; five members learn from three folds each and answer for the fold that they have not seen,
as a pipeline with `split: {folds: 5}` has it. The truth is what they are worth on 10,000 other rows: of models learnt
so from such tables on average, which is what is promised, and of these very members. Seeds are fixed. Coverage of 95 %
must be at least 93 %; beside it stands that of resampled rows alone, without the variance between folds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.simulation import METHOD, Claim, at_most_alpha, rule
from mlops.ml.data import folds
from mlops.ml.data.splits import Plan
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, draw
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARIES = ("numpy", "polars", "scikit-learn")
LEAST = 0.93
FOLDS = 5
SIZES = (300, 1_000, 5_000)
RUNS = 100
_JUDGED = 10_000
_WIDE = 8  # columns: the candidate reads the first half of them, the other model the other
Learner = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """A learner, the metric that it is judged by, and whether rows are of people, four each."""

    name: str
    metric: str
    make: Learner
    people: bool = False

    @property
    def task(self) -> str:
        """Say what the metric is of."""
        return "regression" if self.metric == "rmse" else "binary"


def _trees() -> Any:
    return DecisionTreeClassifier(max_depth=5, random_state=0)


CASES = (
    Case("AUROC, logistic regression", "auroc", lambda: LogisticRegression(max_iter=100)),
    Case("AUROC, trees, four rows of each person", "auroc", _trees, people=True),
    Case("accuracy, trees", "accuracy", _trees),
    Case("RMSE, trees", "rmse", lambda: DecisionTreeRegressor(max_depth=5, random_state=0)),
)


@dataclass(frozen=True)
class Run:
    """One table: what members say of the fold that they have not seen, and what they are worth by other rows."""

    predictions: Predictions
    worth: float
    difference: float
    """Of the candidate and a model of other columns, which tell as much."""


def table(random: np.random.Generator, rows: int, case: Case) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]:
    """Draw columns of equal weight and the target; rows of one person have much in common."""
    groups = np.arange(rows) // 4 if case.people else None
    x = random.normal(size=(rows, _WIDE))
    noise = random.normal(size=rows)
    if groups is not None:
        shared = random.normal(size=(groups.max() + 1, _WIDE + 1))[groups]
        x, noise = (x + shared[:, :_WIDE]) / math.sqrt(2), (noise + shared[:, _WIDE]) / math.sqrt(2)
    signal = x.sum(axis=1) / 2 + np.abs(x).sum(axis=1) / 4 + noise
    return x, signal if case.task == "regression" else (signal > 1.5).astype(np.int64), groups


def simulated(case: Case, rows: int, seed: tuple[int, ...]) -> Run:
    """Deal a table into folds, let every member learn, and ask it about its fold and about other rows."""
    random = np.random.default_rng(seed)
    (x, y, groups), (other, truth, _) = table(random, rows, case), table(random, _JUDGED, case)
    frame = pl.DataFrame({"__row__": np.arange(rows), "y": y, **({} if groups is None else {"who": groups})})
    by, key = ("random", None) if case.task == "regression" else ("stratified", None)
    by, key = (by, key) if groups is None else ("group", "who")
    codes = folds.assign(frame, Plan(by=by, key=key, target="y", seed=seed[-1]), FOLDS).cast(pl.Int64).to_numpy()
    sides = {"candidate": slice(0, _WIDE // 2), "champion": slice(_WIDE // 2, _WIDE)}
    scores = {model: np.zeros(rows) for model in sides}
    worth: dict[str, list[float]] = {model: [] for model in sides}
    for member in range(FOLDS):
        learnt, unseen = folds.learnt_by(member, codes, FOLDS), codes == member
        for model, columns in sides.items():
            made = case.make().fit(x[learnt][:, columns], y[learnt])
            scores[model][unseen] = _answers(made, x[unseen][:, columns])
            worth[model].append(compute(case.metric, truth, _answers(made, other[:, columns])))
    data = Predictions(case.task, np.arange(rows), y, scores, {}, groups, champion="sha256:" + "c" * 64, folds=codes)
    ours, theirs = (float(np.mean(worth[model])) for model in sides)
    return Run(data, ours, ours - theirs)


def _answers(made: Any, x: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = made.predict_proba(x)[:, 1] if hasattr(made, "predict_proba") else made.predict(x)
    return found


def alone(case: Case, data: Predictions) -> Interval:
    """Give the interval of resampled rows, without what folds vary by."""
    resampling = Resampling.of(len(data), data.groups, METHOD.samples, METHOD.seed, data.folds)
    statistic, rows = data.statistic(case.metric, "candidate"), np.arange(len(data))
    draws = draw({0: (statistic, rows)}, replace(resampling, between=None))[0]
    value = float(statistic(np.ones((1, len(data))))[0])
    return Interval.of(value, draws, METHOD.confidence, limits.of_metric(case.metric))


def claims(runs: int, sizes: tuple[int, ...]) -> Iterator[Claim]:
    """Simulate every case at every size, and count."""
    for number, case in enumerate(CASES):
        for rows in sizes:
            made = [simulated(case, rows, (number, rows, run)) for run in range(runs)]
            yield from counted(f"{case.name}, {rows:,} rows", case, made)


def counted(name: str, case: Case, made: list[Run]) -> Iterator[Claim]:
    """Count what intervals cover, and verdicts where the truth is on the bound."""
    truth, runs = float(np.mean([run.worth for run in made])), len(made)
    side = "at_most" if case.task == "regression" else "at_least"
    bounded = rule(case.metric, **{side: truth})
    better = rule(case.metric, **{side: 0.0}, against="champion")
    covered = these = bare = differences = passed = better_passed = 0
    for run in made:
        items = gather(run.predictions, (bounded, better), METHOD, grouped=run.predictions.groups is not None)
        interval, difference, resampled = items[0].interval, items[1].interval, alone(case, run.predictions)
        covered += interval.low <= truth <= interval.high
        these += interval.low <= run.worth <= interval.high
        bare += resampled.low <= truth <= resampled.high
        differences += difference.low <= 0.0 <= difference.high
        verdicts = [result.record().verdict for result in judge(items, METHOD, 30)]
        passed += verdicts[0] == "pass"
        better_passed += verdicts[1] == "pass"
    yield Claim(f"covered: {name}", covered / runs, runs, LEAST)
    yield Claim(f"covered, of these very members: {name}", these / runs, runs, LEAST)
    yield Claim(f"covered by resampled rows alone: {name}", bare / runs, runs)
    yield Claim(f"covered, difference of two models: {name}", differences / runs, runs, LEAST)
    yield at_most_alpha(f"passes with the truth on the bound: {name}", passed, runs)
    yield at_most_alpha(f"passes as better than an equal model: {name}", better_passed, runs)


def main() -> int:
    """Print every claim."""
    asked = command.parser(__doc__).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows = []
    for claim in claims(*((6, SIZES[:1]) if asked.smoke else (RUNS, SIZES))):
        print(claim.line(), flush=True)
        rows.append(claim.row())
    return measuring.end(rows)


if __name__ == "__main__":
    sys.exit(main())
