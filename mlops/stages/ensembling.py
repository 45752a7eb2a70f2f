"""One more candidate, made of those that were trained: who is a member, with which weight, and what each brought.

Weights are chosen on validation, and so is the best single candidate: of many, on rows that flatter both. Which of the
two is better is therefore measured otherwise: each part of the rows, of five or of the folds, by the weights and by the
single candidate that the other parts chose. It goes on where it is better by more than chance would have it: on noise,
where nothing is better than anything, half of all means would be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.ensemble import ENSEMBLE
from mlops.documents.ensemble import EnsembleReport, MemberReport
from mlops.errors import ConfigurationError, IntegrityError
from mlops.files.canonical import rounded
from mlops.ml.training import greedy
from mlops.ml.training.asked import Asked
from mlops.ml.training.ensemble import EnsembleCandidate, FittedEnsemble, Member
from mlops.ml.training.folding import Folded
from mlops.ml.training.problem import loss
from mlops.statistics import hashed, paired_gain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mlops.blocks.ensemble import Ensemble
    from mlops.ml.training.greedy import Cost, Rank
    from mlops.ml.training.session import Candidate, Fitted
    from mlops.stages.scoring import Scoring
    from mlops.stages.training_reports import Result
    from mlops.statistics.paired_gain import Gain

_PARTS = 5
_ROWS = 20_000
"""Rows of validation that choose weights at most: sums of so many tell models apart that people would."""

_RESAMPLES = 200
_WORK = 2_000_000
"""Rows that are measured at most, of all resamples."""


@dataclass(frozen=True)
class Trained:
    """A trained candidate that may be a member; `of` is the one whose seed it has, `trial` what it is of a search."""

    result: Result
    candidate: Candidate
    of: str
    refit: bool = False
    trial: int | None = None


@dataclass(frozen=True)
class Combined:
    """The ensemble as a candidate beside the others; None where it comes to one model alone."""

    report: EnsembleReport
    result: Result | None = None
    candidate: EnsembleCandidate | None = None

    @property
    def refit(self) -> bool:
        """Whether a member learns again from more rows."""
        return self.candidate is not None and any(member.refit for member in self.candidate.members)


def combine(
    scoring: Scoring, asked: Ensemble, trained: Sequence[Trained], clusters: Sequence[NDArray[np.int64]] = ()
) -> Combined:
    """Choose members and weights, and measure what they are worth together.

    `clusters` [n] are what rows of validation hang together by, where they do: each is in one part, and drawn whole.
    """
    weighed = [(each, cost) for each in trained if (cost := _weighed(scoring, each)) is not None]
    pool = [each for each, _ in weighed]
    if not pool:
        return Combined(EnsembleReport(why="no candidate can be written as a graph"))
    if any(len(np.unique(by)) < 2 for by in clusters):
        return Combined(EnsembleReport(why="all rows of validation hang together, and tell of no other rows"))
    choosing = Choosing(scoring, pool, [cost for _, cost in weighed], asked, clusters)
    counts = choosing.counts(choosing.every)
    if sum(count > 0 for count in counts) < 2:
        why = "no member fits the budget" if not any(counts) else f"no mean is better than {_first(pool, counts)} alone"
        return Combined(EnsembleReport(why=why))
    drawn = [(each, count) for each, count in zip(pool, counts, strict=True) if count]
    fitted = _fitted([each for each, _ in drawn], tuple(count for _, count in drawn))
    apart, alone = choosing.apart(choosing.counts), choosing.apart(choosing.single)
    gained = choosing.gain(apart, alone)
    better = gained.sure
    result = scoring.result(ENSEMBLE, _asked(drawn), fitted, apart)
    result = replace(result, rank=_place(trained, better=better))
    members = tuple(
        Member(each.result.name, each.candidate, scoring.seed(each.of), count, each.refit) for each, count in drawn
    )
    report = _report(choosing, result, counts)
    told = {"alone": rounded(choosing.value_of(alone)), "better": better, "gain_error": rounded(gained.error)}
    return Combined(report.model_copy(update=told), result, EnsembleCandidate(members))


def _place(trained: Sequence[Trained], *, better: bool) -> Rank:
    """Rank it just above the best single candidate, or below all."""
    best = max(each.result.rank for each in trained)
    return (best[0], math.inf) if better else (-math.inf, -math.inf)


def _weighed(scoring: Scoring, each: Trained) -> Cost | None:
    """Write a candidate, and say what its graph weighs; one that cannot be written is no member."""
    from mlops.ml.training.graph_cost import cost

    try:
        return cost(each.result.fitted.export())
    except (ConfigurationError, IntegrityError) as error:
        scoring.context.say(f"{each.result.name} is no member: {error.message.partition(chr(10))[0]}")
        return None


def _first(pool: Sequence[Trained], counts: Sequence[int]) -> str:
    return next(each.result.name for each, count in zip(pool, counts, strict=True) if count)


def _fitted(members: Sequence[Trained], counts: tuple[int, ...]) -> Fitted:
    """Put members together; of folds those of each fold, so that no row is judged by what learnt from it."""
    fitted = [each.result.fitted for each in members]
    first = fitted[0]
    if not isinstance(first, Folded):
        return FittedEnsemble(tuple(fitted), counts)
    folds = zip(*(each.members for each in fitted if isinstance(each, Folded)), strict=True)
    return Folded(tuple(FittedEnsemble(tuple(each), counts) for each in folds), first.dealt)


def _asked(drawn: Sequence[tuple[Trained, int]]) -> Asked:
    """Say for `model.json` what the ensemble is made of."""
    total = sum(count for _, count in drawn)
    members = {
        each.result.name: {
            "kind": each.result.asked.kind,
            "weight": rounded(count / total),
            "parameters": each.result.asked.parameters,
        }
        for each, count in drawn
    }
    return Asked.model_validate({"kind": ENSEMBLE, "members": members})


class Choosing:
    """Chooses weights on rows of validation; `pool` are the models, in the order in which they are told.

    What rows hang together by (`clusters` [n]) divides them: rows of one that are in two parts would choose for each
    other what fits them both. Of several columns it is the one of fewest values.
    """

    def __init__(
        self,
        scoring: Scoring,
        pool: Sequence[Trained],
        costs: Sequence[Cost],
        budget: Ensemble,
        clusters: Sequence[NDArray[np.int64]] = (),
    ) -> None:
        self.scoring, self.pool, self.costs, self.budget, self.clusters = scoring, pool, costs, budget, clusters
        examples = scoring.examples
        self.scores = [each.result.scores for each in pool]
        self.y, self.by = examples.validation_y, examples.validation_w
        self.folds = None if examples.folds is None else examples.folds.astype(np.int64)
        drawn = hashed.order("ensemble", np.arange(len(self.y)))
        self.parts = self.folds if self.folds is not None else _parts(drawn, clusters)
        self.every = np.sort(drawn[:_ROWS])

    def counts(self, rows: NDArray[np.int64]) -> tuple[int, ...]:
        """Choose by some rows alone."""
        judge = self._judge(rows)
        return greedy.select([score[rows] for score in self.scores], judge, self.costs, self.budget)

    def single(self, rows: NDArray[np.int64]) -> tuple[int, ...]:
        """Choose one model by some rows alone, the first of equals."""
        judge = self._judge(rows)
        ranks = [judge(score[rows].astype(np.float64)) for score in self.scores]
        best = max(range(len(ranks)), key=ranks.__getitem__)
        return tuple(int(at == best) for at in range(len(ranks)))

    def apart(self, choose: Callable[[NDArray[np.int64]], tuple[int, ...]]) -> NDArray[Any]:
        """Score each row by what the rows of the other parts chose."""
        found = np.empty(self.scores[0].shape, dtype=np.float64)
        for part in np.unique(self.parts):
            own = self.parts == part
            counts = choose(self.every[~own[self.every]])
            if any(counts):
                found[own] = greedy.mean(counts, [score[own] for score in self.scores])
            else:
                found[own] = self.scores[0][own]
        return found

    def value(self, counts: Sequence[int]) -> float:
        """Measure a mean on all rows of validation."""
        return self.value_of(greedy.mean(counts, self.scores))

    def value_of(self, score: NDArray[np.float64]) -> float:
        """Measure scores of all rows of validation."""
        return self.scoring.value(score, np.arange(len(self.y)))

    def gain(self, apart: NDArray[np.float64], alone: NDArray[np.float64]) -> Gain:
        """Hold scores of all rows of validation against others, by the metric that chooses; of many rows, some."""
        sign = 1.0 if self.scoring.judge.higher_is_better else -1.0
        every = self.every

        def worth(drawn: NDArray[np.int64]) -> float:
            rows = every[drawn]
            return sign * (self.scoring.value(apart[rows], rows) - self.scoring.value(alone[rows], rows))

        resamples = int(np.clip(_WORK // len(every), 40, _RESAMPLES))
        seed = self.scoring.seed(ENSEMBLE)
        clusters = [by[every] for by in self.clusters]
        return paired_gain.gain(len(every), worth, resamples, seed, self.parts[every], clusters)

    def _judge(self, rows: NDArray[np.int64]) -> Callable[[NDArray[np.float64]], Rank]:
        y, by = self.y[rows], None if self.by is None else self.by[rows]
        judge, task = self.scoring.judge, self.scoring.problem.task

        def rank(score: NDArray[np.float64]) -> Rank:
            value, missed = rounded(self.scoring.value(score, rows)), rounded(loss(task, y, score, by))
            return judge.rank(float("nan") if value is None else value, float("inf") if missed is None else missed)

        return rank


def _parts(drawn: NDArray[np.int64], clusters: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Cut rows [n] into five parts, in an order that is `drawn`; of whole clusters where rows hang together."""
    if not clusters:
        return _dealt(drawn, _PARTS)
    each = (np.unique(by, return_inverse=True)[1].astype(np.int64) for by in clusters)
    fewest = min(each, key=lambda by: int(by.max()))
    order = hashed.order("ensemble", np.arange(int(fewest.max()) + 1))
    return _dealt(order, _PARTS)[fewest]


def _dealt(order: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """Deal rows [n] into parts of equal size, by a shuffled order of theirs."""
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order)) % parts
    return found


def _report(choosing: Choosing, result: Result, counts: tuple[int, ...]) -> EnsembleReport:
    metric, total = choosing.scoring.judge.metric, sum(counts)
    members = []
    for place, (each, cost) in enumerate(zip(choosing.pool, choosing.costs, strict=True)):
        if not counts[place]:
            continue
        others = tuple(0 if at == place else count for at, count in enumerate(counts))
        trial = {} if each.trial is None else {"trial": each.trial}
        members.append(
            MemberReport(
                name=each.result.name,
                kind=each.result.asked.kind,
                weight=rounded(counts[place] / total),
                score=rounded(each.result.validation[metric]),
                without=rounded(choosing.value(others)),
                size=cost.size,
                operations=cost.operations,
                again=each.refit,
                **trial,
            )
        )
    best = max(choosing.pool, key=lambda each: each.result.rank).result
    return EnsembleReport(
        members=tuple(members),
        score=rounded(choosing.value(counts)),
        apart=rounded(result.validation[metric]),
        best=best.name,
        best_score=rounded(best.validation[metric]),
        draws=total,
        size=sum(cost.size for cost, count in zip(choosing.costs, counts, strict=True) if count),
        operations=sum(cost.operations for cost, count in zip(choosing.costs, counts, strict=True) if count),
    )
