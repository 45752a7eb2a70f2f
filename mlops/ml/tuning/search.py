"""The search for one candidate: rounds of trials that Optuna asks for, told in order.

What trial `number` is depends on the seed, the number and the trials of the rounds before, and on nothing else: not on
how many run at a time, not on which is the first to end, not on how often the search was killed on its way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from mlops.blocks.tune import ROUND
from mlops.ml.training.seeds import derive
from mlops.ml.tuning import pruning, space
from mlops.ml.tuning.quiet import quiet
from mlops.ml.tuning.trial import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from optuna.trial import Trial

    from mlops.blocks.tune import Range
    from mlops.ml.tuning.journal import Journal
    from mlops.ml.tuning.trial import Ladder, Rungs


@dataclass(frozen=True)
class Wanted:
    """What is searched: a candidate, its own parameters, what they may be; how often, how, and from which seed."""

    candidate: str
    parameters: Mapping[str, Any]
    space: Mapping[str, Range]
    trials: int
    sampler: str
    seed: int
    higher: bool
    ladder: Ladder | None = None
    first: Sequence[Mapping[str, Any]] = ()
    """What is tried behind the candidate as it stands, before anything is searched."""


@dataclass(frozen=True)
class Found:
    """The trials of a search in order, and why there are no more."""

    trials: tuple[tuple[Question, Answer], ...]
    stopped: str


def search(
    wanted: Wanted,
    journal: Journal,
    score: Callable[[Sequence[Question]], Iterator[tuple[Question, Answer]]],
    *,
    late: Callable[[], bool] = lambda: False,
    tell: Callable[[Question, Answer], None] = lambda _, __: None,
) -> Found:
    """Make every trial that the journal does not have; `late` says, before a round, whether time is over.

    `tell` hears of each trial in order.
    """
    asking = _Asking(wanted)
    found: list[tuple[Question, Answer]] = []
    while len(found) < wanted.trials:
        asked = list(asking.round(min(ROUND, wanted.trials - len(found))))
        if not asked:
            return Found(tuple(found), "every point of the grid was tried")
        known = {question.number: journal.find(question) for _, question in asked}
        over = (bool(found) or any(known.values())) and not all(known.values()) and late()
        if over:  # what is known already costs no time
            asked = asked[: [known[question.number] is None for _, question in asked].index(True)]
        trials = {question.number: trial for trial, question in asked}
        for question, answer in score([question for _, question in asked if known[question.number] is None]):
            journal.keep(question, answer, trials[question.number].params, asking.distributions)
            known[question.number] = answer
        for trial, question in asked:
            made = known[question.number]
            assert made is not None  # noqa: S101  # whoever scores answers every question
            asking.tell(trial, made)
            found.append((question, made))
            tell(question, made)
        if over:
            return Found(tuple(found), "time is over")
    return Found(tuple(found), "all trials were made")


class _Asking:
    """A study in memory, which asks for trials a round at a time."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.distributions = wanted, space.distributions(wanted.space)
        self._grid = space.grid(wanted.space) if wanted.sampler == "grid" else None
        self._rungs: list[Rungs] = []
        with quiet():
            self._study = optuna.create_study(
                study_name=wanted.candidate,
                direction="maximize" if wanted.higher else "minimize",
                sampler=RandomSampler(seed=0),
                pruner=pruning.pruner(wanted.ladder),
            )

    def round(self, size: int) -> Iterator[tuple[Trial, Question]]:
        """Ask for trials, fewer where a grid is at its end."""
        first = len(self._rungs)
        earlier = tuple(self._rungs)
        for number in range(first, first + size):
            trial = self._ask(number)
            if trial is None:
                return
            parameters = self._parameters(number, trial)
            yield (
                trial,
                Question(
                    candidate=self.wanted.candidate,
                    number=number,
                    parameters=parameters,
                    ladder=self.wanted.ladder,
                    higher=self.wanted.higher,
                    earlier=earlier,
                ),
            )

    def _parameters(self, number: int, trial: Trial) -> dict[str, Any]:
        """Give what a trial is trained with; what stands first is taken whole, also what no range holds."""
        if number == 0:
            return {}
        first = self.wanted.first
        return dict(first[number - 1]) if number <= len(first) else space.given(self.wanted.space, trial.params)

    def _ask(self, number: int) -> Trial | None:
        """Ask for a trial of a number: the candidate as it stands, then what the sampler or the grid says."""
        with quiet():
            if number == 0:
                own = space.inside(self.wanted.space, self.wanted.parameters)
                return self._fixed(own)
            if number <= len(self.wanted.first):
                return self._fixed(space.inside(self.wanted.space, self.wanted.first[number - 1]))
            if self._grid is not None:
                point = next(islice(self._grid, 1), None)
                return None if point is None else self._fixed(point)
            self._study.sampler = self._sampler(number)
            return self._study.ask(self.distributions)

    def _fixed(self, values: dict[str, Any]) -> Trial:
        if values:
            self._study.enqueue_trial(values)
        return self._study.ask({name: self.distributions[name] for name in values})

    def _sampler(self, number: int) -> BaseSampler:
        seed = derive(self.wanted.seed, self.wanted.candidate, "trial", number)
        return RandomSampler(seed=seed) if self.wanted.sampler == "random" else TPESampler(seed=seed)

    def tell(self, trial: Trial, answer: Answer) -> None:
        """Let the study learn of a trial."""
        self._rungs.append(answer.rungs)
        with quiet():
            for step, value in answer.course:
                trial.report(value, step)
            if answer.state == "pruned":
                self._study.tell(trial, state=TrialState.PRUNED)
            elif answer.value is None or not math.isfinite(answer.value):
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._study.tell(trial, answer.value)
