"""`mlops stage tune`: search for parameters of candidates, once; what was found is kept until somebody asks again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlops.blocks.tune import Range
from mlops.documents.tuning import TuningReport, TuningTrial, Winner
from mlops.errors import ConfigurationError
from mlops.extras import need
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_json, rounded
from mlops.ml.training import candidates
from mlops.models import MODELS
from mlops.models.portfolio import Setting
from mlops.stages import searching, tuned, tuning_tracked
from mlops.stages.learnt_from import Inputs
from mlops.stages.scoring import Learning, Scoring
from mlops.stages.wish import searches, wish_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlops.ml.tuning.search import Found, Wanted
    from mlops.ml.tuning.trial import Answer, Ladder, Question
    from mlops.stages.context import StageContext

_RUNGS = 27  # the first rung is after so small a part of the epochs or trees: 3 x 3 x 3


class Params(Learning):
    """The `tune` section of params.yaml: trials and spaces by candidate."""

    trials: dict[str, int] = Field(min_length=1)
    minutes: float | None = None
    sampler: Literal["tpe", "random", "grid"]
    pruner: Literal["hyperband", "halving", "none"]
    parallel: int = 1
    space: dict[str, dict[str, Range]]
    when: Literal["asked", "data"] = "asked"
    portfolio: dict[str, tuple[Setting, ...]] = Field(default_factory=dict)
    race: bool = False

    @property
    def searched(self) -> str:
        """Name all that says what is searched and how: not how many trials, nor how many at a time."""
        said = self.model_dump(mode="json", include={"task", "seed", "select_by", "weight", "sampler", "pruner"})
        trainer = self.trainer.model_copy(update={"engine": "local"})  # it is the same search anywhere
        blocks = {"trainer": trainer.model_dump(mode="json"), "objective": self.objective.model_dump(mode="json")}
        spaces = {name: {key: each.given() for key, each in space.items()} for name, space in self.space.items()}
        asked = {name: each.model_dump(mode="json") for name, each in self.candidates.items()}
        more = self.model_dump(mode="json", include={"portfolio", "race"}, exclude_defaults=True)
        return digest_json({**said, **blocks, "space": spaces, "candidates": asked, **more})


def run(context: StageContext) -> None:
    """Write reports/tuning.json, or leave what a search left."""
    params = Params.model_validate(context.params)
    inputs = Inputs.of(context, params.weight, params.code, params.libraries)
    kept, wish = tuned.read(context), wish_of(context.root, context.pipeline)
    if kept is not None and not wish.is_file():
        tuned.refuse_gone(context, kept, tuple(params.candidates))
        moved = kept.moved(inputs.data, params.searched)
        if not (moved and params.when == "data"):
            context.say(f"kept what was found before: {kept.sentence}")
            if moved:
                said = f"{' and '.join(moved)} moved since it was searched"
                context.say(f"{said}: mlops tune {context.pipeline} searches again")
            return
    found = _searched(context, params, inputs)
    write_text(context.path(tuned.REPORT), found.dumps())
    wish.unlink(missing_ok=True)
    tuning_tracked.log(context, found)
    for name, winner in sorted(found.best.items()):
        context.say(f"{name}: {_won(found, winner)}")


def _searched(context: StageContext, params: Params, inputs: Inputs) -> TuningReport:
    need("tune", "`tune`")
    if params.trainer.engine == "ray":
        from mlops.stages.ray_trials import answering
    else:
        from mlops.stages.trials import answering  # its Optuna is no part of what trains

    scoring = Scoring.read(context, params)
    journal = _journal(context, digest_json([inputs.data, params.searched, inputs.code]))
    total, told = sum(params.trials.values()), _Telling(context, params)
    with answering(scoring, params.parallel) as score:
        found = searching.found(_wanted(params, scoring), params.race, params.minutes, journal, score, told.of(total))
    return _report(params, inputs, scoring, found)


def _wanted(params: Params, scoring: Scoring) -> list[Wanted]:
    """Say of each candidate what is searched, the first by name first."""
    from mlops.ml.tuning.search import Wanted

    rows = len(scoring.examples.train_y)
    made = []
    for name, trials in sorted(params.trials.items()):
        asked = candidates.resolved(name, params.candidates[name])
        made.append(
            Wanted(
                candidate=name,
                parameters=asked.parameters,
                space=params.space[name],
                trials=trials,
                sampler=params.sampler,
                seed=params.seed,
                higher=scoring.judge.higher_is_better,
                ladder=_ladder(params, asked.kind, asked.parameters.get("trees"), params.space[name]),
                first=[each.parameters for each in params.portfolio.get(name, ()) if each.fits(rows)],
            )
        )
    return made


def _journal(context: StageContext, key: str) -> Path:
    """Place the journal of a search; those of searches that were about something else are taken away."""
    place = searches(context.root, context.pipeline)
    wanted = key.partition(":")[2][:16]
    for other in place.glob("*/"):
        if other.name != wanted and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
    return place / wanted / "journal.log"


def _ladder(params: Params, kind: str, trees: int | None, space: dict[str, Range]) -> Ladder | None:
    """Say at which epochs or trees trials may end; only some kinds tell how they are doing while they learn."""
    from mlops.ml.tuning.trial import Ladder

    of = MODELS[kind].can.get("pruned") if kind in MODELS else None
    if params.pruner == "none" or of is None:
        return None
    if of == "trees":
        points = space["trees"].points if "trees" in space else None
        most = max([trees or 1, *(points or ()), *([space["trees"].high or 1] if "trees" in space else ())])
    else:
        most = params.trainer.max_epochs
    return Ladder(pruner=params.pruner, least=max(1, -(-int(most) // _RUNGS)), most=int(most))


class _Telling:
    """Tells of each trial in a line, and how many there were: its number in the report is known when all are over."""

    def __init__(self, context: StageContext, params: Params) -> None:
        self._context, self._metric, self._number = context, params.select_by, 0

    def of(self, total: int) -> Callable[[Question, Answer], None]:
        """Give what tells of one more of so many."""

        def tell(question: Question, answer: Answer) -> None:
            self._number += 1
            value = "" if answer.value is None else f" {self._metric} {answer.value:.4f}"
            said = {"complete": "", "pruned": f", {answer.state} after {answer.epochs}", "failed": f" {answer.why}"}
            mark = "" if answer.state != "failed" else " failed:"
            self._context.say(
                f"{self._number} of {total} trials: {question.candidate}{mark}{value}{said[answer.state]}"
            )

        return tell


def _report(params: Params, inputs: Inputs, scoring: Scoring, found: dict[str, Found]) -> TuningReport:
    trials: list[TuningTrial] = []
    best: dict[str, Winner] = {}
    for name, each in found.items():
        first = len(trials)
        trials += [
            _trial(scoring, first + place, question, answer) for place, (question, answer) in enumerate(each.trials, 1)
        ]
        ranks = [answer.rank(higher=scoring.judge.higher_is_better) for _, answer in each.trials]
        place = max(range(len(ranks)), key=ranks.__getitem__)  # the first of equals
        question, answer = each.trials[place]
        if answer.state == "complete":
            best[name] = Winner(trial=first + place + 1, parameters=question.parameters, stopped=each.stopped)
    if not best:
        listed = "".join(f"\n  {trial.number} {trial.candidate}: {trial.why}" for trial in trials[:10])
        raise ConfigurationError(f"every trial failed{listed}", hint="narrow the space, or mend what is said of them")
    more = {} if params.minutes is None else {"minutes": params.minutes}
    return TuningReport(
        select_by=params.select_by,
        sampler=params.sampler,
        pruner=params.pruner,
        seed=params.seed,
        data=inputs.data,
        space=params.searched,
        repeatable=params.minutes is None,
        trials=tuple(trials),
        best=best,
        **more,
    )


def _trial(scoring: Scoring, number: int, question: Question, answer: Answer) -> TuningTrial:
    known = {
        "score": rounded(answer.value),
        "loss": rounded(answer.loss),
        "epochs": answer.epochs,
        "best_epoch": answer.best_epoch,
        "why": answer.why,
    }
    return TuningTrial(
        number=number,
        candidate=question.candidate,
        parameters=question.parameters,
        seed=scoring.session(question.candidate, lambda _: None).seed,
        state=answer.state,
        **{key: value for key, value in known.items() if value not in (None, "")},
    )


def _won(found: TuningReport, winner: Winner) -> str:
    trial = found.trials[winner.trial - 1]
    score = "" if trial.score is None else f", validation {found.select_by} {trial.score:.4f}"
    return f"trial {trial.number}, {trial.what}{score}; {winner.stopped}"
