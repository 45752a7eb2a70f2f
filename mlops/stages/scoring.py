"""A candidate scored on validation: the one place for it, whether a run trains it, `mlops try` or a trial of `tune`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field

from mlops.blocks.objective import Objective
from mlops.blocks.trainer import Trainer
from mlops.errors import ConfigurationError
from mlops.metrics import METRICS, metrics_for, validated
from mlops.ml.evaluation import metrics
from mlops.ml.training import candidates, shaping
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem, Task, loss
from mlops.ml.training.seeds import derive
from mlops.ml.training.session import Candidate, Epoch, Fitted, Judge, Session
from mlops.ml.training.slow import slow
from mlops.ml.user_code.origin import Origin
from mlops.stages import calibrating, folded, learnt_from, weighing
from mlops.stages.context import Section, StageContext
from mlops.stages.distributed import Distributed
from mlops.stages.training_reports import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Learning(Section):
    """What a stage that trains candidates is told: what is learnt, from which seed, by which metric one is chosen."""

    task: Task
    seed: int = 0
    select_by: str
    candidates: dict[str, Asked] = Field(min_length=1)
    trainer: Trainer = Trainer()
    weight: str | None = None
    objective: Objective = Objective()
    pipeline: str


@dataclass(frozen=True)
class Scoring:
    """All that the candidates of one run share."""

    context: StageContext
    params: Learning
    examples: Examples
    problem: Problem
    judge: Judge

    @classmethod
    def read(cls, context: StageContext, params: Learning) -> Self:
        """Read what `features` made: the rows of training and validation, and no others."""
        examples = folded.read(context, params.weight)
        problem = shaping.problem(params.task, examples, params.objective, *learnt_from.columns(context))
        calibrating.refuse_few(params.objective, examples)
        return cls(context, params, examples, problem, judge(params))

    def build(self, name: str, asked: Asked) -> Candidate:
        """Make a candidate, untrained: a network is trained by as many processes as the pipeline says."""
        made = self.build_alone(name, asked)
        if self.params.trainer.devices == 1 or not slow(made):
            return made
        return Distributed(made, {**self.told, "candidate": name, "asked": asked.model_dump(mode="json")})

    @property
    def told(self) -> dict[str, Any]:
        """Say all that this is made of again in another process, as JSON."""
        context, learning = self.context, self.params.model_dump(mode="json", include=set(Learning.model_fields))
        names = {"folder": str(context.folder), "pipeline": context.pipeline, "stage": context.stage}
        return {**names, "learning": learning}

    @classmethod
    def of_told(cls, told: dict[str, Any]) -> Self:
        """Make in another process what `told` says."""
        context = StageContext(Path(told["folder"]), told["pipeline"], told["stage"])
        return cls.read(context, Learning.model_validate(told["learning"]))

    def build_alone(self, name: str, asked: Asked) -> Candidate:
        """Make a candidate that this process trains, by itself or as one of several."""
        origin = Origin(self.context.root, self.context.pipeline)
        made = candidates.build(name, asked, self.problem, origin)
        return shaping.shaped(made, self.params.objective, weighing.classes(self.context, self.params.objective))

    def seed(self, name: str) -> int:
        """Give a candidate its seed."""
        return derive(self.params.seed, name)

    def session(self, name: str, observe: Callable[[Epoch], None], checkpoints: Path | None = None) -> Session:
        """Say how a candidate is trained, from a seed of its own: others change nothing about it."""
        return Session(
            name=name,
            seed=self.seed(name),
            judge=self.judge,
            options=self.params.trainer,
            checkpoints=checkpoints,
            observe=observe,
        )

    def fit(self, candidate: Candidate, session: Session) -> Fitted:
        """Train a candidate, once or once a fold."""
        return folded.fit(candidate, self.problem, self.examples, session)

    def result(self, name: str, asked: Asked, fitted: Fitted, apart: NDArray[Any] | None = None) -> Result:
        """Measure what was trained on the validation rows; by scores `apart` where these rows had a say in its own."""
        y, by, task = self.examples.validation_y, self.examples.validation_w, self.problem.task
        scores = folded.chosen_by(fitted, self.examples)
        named = validated(task, self.judge.metric)
        told = scores if apart is None else apart
        validation = {metric: folded.measured(metric, fitted, y, told, by) for metric in named}
        rank = self.judge.rank(validation[self.judge.metric], loss(task, y, told, by))
        return Result(name, asked, fitted, scores, validation, rank)

    def value(self, score: NDArray[Any], rows: NDArray[np.int64]) -> float:
        """Measure scores [n, ...] of validation rows [n] by the metric that chooses: of folds the mean over these."""
        y, by = self.examples.validation_y[rows], self.examples.validation_w
        weights, metric = None if by is None else by[rows], self.judge.metric
        if self.examples.folds is None:
            return metrics.compute(metric, y, score, weights=weights)
        among = self.examples.folds[rows]
        each = [
            metrics.compute(metric, y[own], score[own], weights=None if weights is None else weights[own])
            for own in (among == fold for fold in np.unique(among))
        ]
        return float(np.mean(each))


def judge(params: Learning) -> Judge:
    """Find the metric that chooses; raises ConfigurationError where the task has none of its name."""
    name, known = params.select_by, metrics_for(params.task, named=frozenset({params.select_by}))
    if name not in known:
        raise ConfigurationError(
            f"train.select_by: `{name}` is not a metric of a {params.task} task", hint=f"one of: {', '.join(known)}"
        )
    return Judge(
        name, METRICS[name].higher_is_better, lambda y, score, by=None: metrics.compute(name, y, score, weights=by)
    )
