"""Train every candidate, keep the best on validation, and write it as ONNX."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mlops.blocks.backtest import Origins
from mlops.blocks.ensemble import ENSEMBLE, Ensemble, Together
from mlops.blocks.examine import Attributed
from mlops.blocks.forecast import Lookback
from mlops.errors import ConfigurationError, DataError, IntegrityError
from mlops.files.atomic import write_text, writing_folder
from mlops.files.canonical import digest, dumps
from mlops.files.tracked import MODEL
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.ensemble import EnsembleCandidate
from mlops.ml.training.profile import phase
from mlops.ml.training.progress import bar
from mlops.ml.training.rehearsal import rehearse
from mlops.stages import (
    backtesting,
    calibrating,
    clusters,
    explanations,
    folded,
    learning,
    profiling,
    training_reports,
    tuned,
    walking,
)
from mlops.stages.dropped import Dropped
from mlops.stages.ensembling import Combined, Trained, combine
from mlops.stages.flattery import optimism
from mlops.stages.learnt_from import Inputs
from mlops.stages.released import Released, release
from mlops.stages.scoring import Learning, Scoring
from mlops.stages.training_reports import Result
from mlops.stages.training_tracked import failing, observer, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlops.documents.training import OriginReport, WalkedReport
    from mlops.ml.training.profile import Profile
    from mlops.ml.training.session import Candidate, Epoch, Session
    from mlops.ml.training.tracking import Run
    from mlops.stages.context import StageContext

    Tested = tuple[dict[str, OriginReport] | None, WalkedReport | None]


class Params(Learning):
    """The `train` section of params.yaml."""

    explain: Attributed | None = None
    learning_curve: bool = False
    refit: tuple[str, ...] = ()
    target: str = ""
    backtest: int = 0
    sliding: int | None = None
    forecast: Lookback | None = None
    origins: Origins | None = None
    """Times past to go back to, of rows in time that are no forecast."""
    lagged: bool = False
    """Every column is of the past, which cannot know the target, however well it tells it."""
    ensemble: Ensemble | None = None
    """How large a mean of candidates may be, where there is to be one."""
    together: Together | None = None
    """What rows hang together by, where that mean is held against the best of them."""
    tuned: bool = False
    """A search found parameters, which stand over those of the candidates here."""


@dataclass(frozen=True)
class Work:
    """All that the candidates of one run share."""

    scoring: Scoring
    params: Params
    inputs: Inputs
    dropped: Dropped
    tracked: Run | None = None
    """The run in MLflow that those of the candidates are nested in."""
    profile: Profile | None = None
    """What counts seconds, where that is asked for."""

    @property
    def context(self) -> StageContext:
        """The stage's run."""
        return self.scoring.context

    @property
    def checkpoints(self) -> Path:
        """Where this pipeline's half-trained candidates wait."""
        return self.context.root / ".mlops" / "checkpoints" / self.context.pipeline

    def opened(self, title: str, candidate: str = "", asked: Asked | None = None) -> Run | None:
        """Open the run in MLflow of all candidates, or in it that of one."""
        trainer = self.params.trainer.model_dump()
        return opened(self.context, self.inputs, title, (candidate, asked, trainer), self.tracked)


def run(context: StageContext) -> None:
    """Train, choose, export, report."""
    params, as_said = _parse(context), context
    if params.tuned:
        context = tuned.over(context)
        params = _parse(context)
    profile = profiling.asked(params.trainer)
    with phase(profile, profiling.REST):
        _run(context, params, as_said, profile)
    if profile is not None:
        profiling.write(as_said, params.trainer, profile)


def _run(context: StageContext, params: Params, as_said: StageContext, profile: Profile | None) -> None:
    with phase(profile, "reading rows"):
        scoring = Scoring.read(context, params)
    inputs = Inputs.of(context, params.weight, params.code, params.libraries)
    work = Work(scoring, params, inputs, Dropped(len(params.candidates), context.say), profile=profile)
    built = {name: scoring.build(name, asked) for name, asked in params.candidates.items()}
    work = replace(work, tracked=work.opened(context.pipeline))
    with failing(work.tracked):
        results = _trained(work, built)
        flattered = optimism(work.scoring, results)
        combined = _combined(work, as_said, results, built)
        best, made = _chosen(work, results, built)
        tested = _backtest(work, best, built[best.name])
    more = {"optimism": flattered, "ensemble": None if combined is None else combined.report}
    _write(work, results, best, made, tested, {key: value for key, value in more.items() if value is not None})
    if work.tracked is not None:
        work.tracked.finish({}, **{MODEL: digest(made.model), "chosen": f"{best.name}, by {params.select_by}"})
    if params.explain is not None:
        context.say(f"explaining the scores of {best.name}")
        explanations.write(context, params.explain, best.name, made.fitted, params.weight)
    if params.learning_curve:
        context.say(f"learning curve: training {best.name} on parts of the rows")
        session = replace(_session(work, best.name, lambda _: None), checkpoints=None)
        learning.draw(context, params.select_by, scoring.examples, built[best.name], session)
    shutil.rmtree(work.checkpoints, ignore_errors=True)
    context.say(f"chose {best.name} of {len(results)} by {params.select_by}")


def _parse(context: StageContext) -> Params:
    try:
        return Params.model_validate(context.params)
    except ValidationError as error:
        problems = [f"train.{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigurationError("\n".join(problems), hint="run `mlops compile`") from error


def _trained(work: Work, built: dict[str, Candidate]) -> list[Result]:
    """Train all candidates; one that fails costs the others nothing."""
    results = []
    for name, candidate in built.items():
        if candidates.of_own_code(work.params.candidates[name]):
            with work.dropped.where_it_fails(name, ConfigurationError, IntegrityError):
                session = _session(work, name, lambda _: None)
                with phase(work.profile, "rehearsal", of=name):
                    rehearse(candidate, work.scoring.problem, work.scoring.examples, session)
        if name not in work.dropped:
            with work.dropped.where_it_fails(name, ConfigurationError, DataError):
                results.append(_train(work, name, candidate))
    if not results:
        raise work.dropped.none_left()
    return results


def _combined(work: Work, as_said: StageContext, results: list[Result], built: dict[str, Candidate]) -> Combined | None:
    """Make one more candidate of those that were trained, and of further trials of a search, where that is asked for.

    `results` and `built` have it behind the others, so that it is chosen only where it is better.
    """
    asked, scoring = work.params.ensemble, work.scoring
    if asked is None:
        return None
    pool = [Trained(each, built[each.name], each.name, refit=each.name in work.params.refit) for each in results]
    for of, number, parameters in tuned.further(as_said, asked.trials if work.params.tuned else 0):
        name, more = f"{of}-trial-{number}", candidates.resolved(of, Asked.model_validate(parameters))
        with work.dropped.where_it_fails(name, ConfigurationError, DataError):
            candidate = scoring.build(of, more)
            fitted = scoring.fit(candidate, replace(_session(work, name, lambda _: None), seed=scoring.seed(of)))
            result = scoring.result(name, more, fitted)
            pool.append(Trained(result, candidate, of, refit=of in work.params.refit, trial=number))
    together = clusters.read(work.context, work.params.together, len(scoring.examples.validation_y))
    found = combine(scoring, asked, pool, together)
    work.context.say(found.report.sentence(work.params.select_by))
    if found.result is not None and found.candidate is not None:
        results.append(found.result)
        built[ENSEMBLE] = found.candidate
    return found


def _refits(work: Work, name: str, candidate: Candidate) -> bool:
    """Say whether a candidate learns again from more rows; an ensemble does where a member of it does."""
    members = candidate.members if isinstance(candidate, EnsembleCandidate) else ()
    return name in work.params.refit or any(member.refit for member in members)


def _chosen(work: Work, results: list[Result], built: dict[str, Candidate]) -> tuple[Result, Released]:
    """Release the best candidate, or the best of those that can be written as ONNX."""
    scoring = work.scoring
    for best in sorted(results, key=lambda result: result.rank, reverse=True):
        with work.dropped.where_it_fails(best.name, ConfigurationError, IntegrityError):
            best = calibrating.calibrated(best, work.params.objective, scoring.examples)  # noqa: PLW2901
            asked = (built[best.name], scoring.problem, scoring.examples, _session(work, best.name, lambda _: None))
            refit = _refits(work, best.name, built[best.name])
            with phase(work.profile, "export", of=best.name):
                return best, release(best.name, best.fitted, *asked, refit=refit, say=work.context.say)
    raise work.dropped.none_left()


def _train(work: Work, name: str, candidate: Candidate) -> Result:
    """Train one candidate, log it, and judge it."""
    trainer, asked = work.params.trainer, candidates.resolved(name, work.params.candidates[name])
    tracked, metric = work.opened(f"{work.context.pipeline}/{name}", name, asked), work.scoring.judge.metric
    with (
        failing(tracked),
        bar(name, asked.parameters.get("trees", trainer.max_epochs), metric) as move,
        phase(work.profile, profiling.learning(asked.kind), of=name),
    ):
        fitted = work.scoring.fit(candidate, _session(work, name, observer(move, tracked, metric)))
    result = work.scoring.result(name, asked, fitted)
    if tracked is not None:
        values = {f"validation/{key}": value for key, value in result.validation.items() if math.isfinite(value)}
        tracked.finish(values)
    value = result.validation[metric]
    work.context.say(f"{name}: validation {metric} {value:.4f}{training_reports.kept(asked, fitted)}")
    return result


def _session(work: Work, name: str, observe: Callable[[Epoch], None]) -> Session:
    checkpoints = work.checkpoints / work.inputs.digest.partition(":")[2] / name
    return replace(work.scoring.session(name, observe, checkpoints), profile=work.profile)


def _backtest(work: Work, best: Result, candidate: Candidate) -> Tested:
    """Go back to several origins, where that is asked for."""
    # no checkpoint to go on from: what learns from other rows must not know those of before
    params, scoring, refit = work.params, work.scoring, _refits(work, best.name, candidate)
    session = replace(_session(work, best.name, lambda _: None), checkpoints=None)
    if params.origins is not None:
        ordered = (params.origins, params.select_by, scoring.problem, scoring.examples, candidate, session)
        return walking.run(work.context, *ordered, refit=refit)
    if params.forecast is None:
        return None, None
    asked = (work.context, params.forecast, params.target, params.backtest, scoring.examples, candidate, session)
    return backtesting.run(*asked, refit=refit, sliding=params.sliding), None


def _write(
    work: Work, results: list[Result], best: Result, made: Released, tested: Tested, more: dict[str, Any]
) -> None:
    """Write the model and both reports, each in one step."""
    context, metric = work.context, work.params.select_by
    with writing_folder(context.path("artifacts/model")) as folder:
        made.write(folder)
        described = training_reports.described(work.scoring.problem, best, made)
        (folder / "model.json").write_text(dumps(described), encoding="utf-8")
    write_text(context.path("reports/history.csv"), "".join(training_reports.history(results, metric)))
    with writing_folder(context.path("reports/courses")) as folder:
        for name, text in training_reports.courses(results, metric):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    scoring = work.scoring
    found = None if work.params.lagged else folded.look(context, scoring.params.task, scoring.examples, best)
    if found is not None:
        context.say(f"warning: {found.sentence}")
    reproducible = work.params.trainer.reproducible or "anywhere"
    training = training_reports.report(metric, reproducible, results, best, made, tested[0], found, tested[1])
    training = training.model_copy(update=more)
    if training.optimism is not None:
        context.say(training.optimism.sentence(metric))
    if training.calibration is not None:
        context.say(training.calibration.sentence)
    if dropped := work.dropped.sentences:
        training = training.model_copy(update={"dropped": dropped})
    write_text(context.path("reports/training.json"), training.dumps())
