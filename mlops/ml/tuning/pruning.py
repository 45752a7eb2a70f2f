"""Trials that end early: at a rung, the worse two thirds of those that came to it.

A trial is held against those of the rounds before alone, so that nothing depends on which of its own round was faster.
Optuna's pruners decide, on a study that holds just those.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler
from optuna.trial import TrialState, create_trial

from mlops.ml.tuning.quiet import quiet

if TYPE_CHECKING:
    from mlops.ml.training.session import Epoch
    from mlops.ml.tuning.trial import Ladder, Question, Rungs

FACTOR = 3
"""At each rung one of so many trials goes on, to so many times the epochs or trees."""
_RUNG = "completed_rung_"  # as optuna.pruners.SuccessiveHalvingPruner marks a trial


class Pruned(Exception):
    """A trial did worse than most of those before it after so many epochs or trees."""

    def __init__(self, number: int) -> None:
        super().__init__(f"worse than two thirds of the trials that came as far, after {number:,}")
        self.number = number


def pruner(ladder: Ladder | None) -> BasePruner:
    """Make what decides; without a ladder nothing ends early."""
    if ladder is None:
        return NopPruner()
    if ladder.pruner == "halving":
        return SuccessiveHalvingPruner(min_resource=ladder.least, reduction_factor=FACTOR)
    return HyperbandPruner(min_resource=ladder.least, max_resource=ladder.most, reduction_factor=FACTOR)


class Watch:
    """Is told of each epoch of a trial, and ends it where it is to end.

    Raises Pruned out of the training that tells of the epoch.
    """

    def __init__(self, question: Question) -> None:
        self.course: list[tuple[int, float]] = []
        self._higher = question.higher
        self._most = 0 if question.ladder is None else question.ladder.most
        with quiet():
            # Hyperband deals trials into brackets by the name of the study and the number of the trial
            self._study = optuna.create_study(
                study_name=question.candidate,
                direction="maximize" if question.higher else "minimize",
                sampler=RandomSampler(seed=0),
                pruner=pruner(question.ladder),
            )
            for number in range(question.number):
                rungs = question.earlier[number] if number < len(question.earlier) else {}
                self._study.add_trial(create_trial(state=TrialState.COMPLETE, value=0.0, system_attrs=dict(rungs)))
            self._trial = self._study.ask()

    def __call__(self, epoch: Epoch) -> None:
        """Take note of an epoch, of which the best so far counts: its weights are those that are kept."""
        if not math.isfinite(epoch.metric):
            return
        best = max if self._higher else min
        value = best(epoch.metric, self.course[-1][1]) if self.course else epoch.metric
        self.course.append((epoch.number, value))
        with quiet():
            self._trial.report(value, epoch.number)
            if epoch.number < self._most and self._trial.should_prune():  # at its end, nothing is left to save
                raise Pruned(epoch.number)

    @property
    def rungs(self) -> Rungs:
        """How far the trial came."""
        attributes = self._study.trials[-1].system_attrs
        return {key: float(value) for key, value in attributes.items() if key.startswith(_RUNG)}
