"""Train every candidate, keep the best on validation, and write it as ONNX."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.errors import ConfigurationError, MlopsError
from mlops.files.atomic import write_text, writing_folder
from mlops.files.canonical import digest_file, digest_json, dumps, rounded
from mlops.ml import candidates, export, metrics
from mlops.ml.problem import Examples, Problem, Task, loss
from mlops.ml.progress import bar
from mlops.ml.seeds import derive
from mlops.ml.session import Epoch, Fitted, Judge, Session, TrainerOptions
from mlops.spec.metrics import METRICS, metrics_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlops.ml.tracking import Run
    from mlops.steps.context import StageContext

ARRAYS = ("train_x", "train_y", "validation_x", "validation_y")


class CandidateParams(BaseModel, extra="allow", frozen=True):
    """A kind and its parameters, which the kind itself checks."""

    kind: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What is left beside the kind."""
        return dict(self.model_extra or {})


class Params(BaseModel):
    """The `train` section of params.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Task
    seed: int = 0
    select_by: str
    candidates: dict[str, CandidateParams] = Field(min_length=1)
    trainer: TrainerOptions = TrainerOptions()
    pipeline: str
    code: str = ""
    libraries: dict[str, str] = {}


@dataclass(frozen=True)
class Inputs:
    """What the result depends on, by digest; checkpoints and MLflow runs are kept apart by it."""

    data: str
    configuration: str
    code: str

    @property
    def digest(self) -> str:
        """Name them all."""
        return digest_json([self.data, self.configuration, self.code])


@dataclass(frozen=True)
class Result:
    """A trained candidate and what it is worth on the validation rows."""

    name: str
    kind: str
    parameters: dict[str, Any]
    fitted: Fitted
    scores: np.ndarray[Any, Any]
    validation: dict[str, float]
    rank: tuple[float, float]


def run(context: StageContext) -> None:
    """Train, choose, export, report."""
    params = _parse(context.params)
    judge = _judge(params)
    examples = Examples(**{name: np.load(_array(context, name), allow_pickle=False) for name in ARRAYS})
    problem = Problem.of(params.task, examples)
    inputs = _inputs(context, params)
    results = [_train(context, params, name, problem, examples, judge, inputs) for name in params.candidates]
    best = max(results, key=lambda result: result.rank)
    model = best.fitted.export()
    export.check_parity(best.name, model, examples.validation_x, best.scores)
    _write(context, params, problem, results, best, model)
    shutil.rmtree(_checkpoints(context), ignore_errors=True)
    context.say(f"chose {best.name} of {len(results)} by {params.select_by}")


def _parse(section: dict[str, Any]) -> Params:
    try:
        return Params.model_validate(section)
    except ValidationError as error:
        problems = [f"train.{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise ConfigurationError("\n".join(problems), hint="run `mlops compile`") from error


def _judge(params: Params) -> Judge:
    name = params.select_by
    if name not in metrics_for(params.task):
        known = ", ".join(metrics_for(params.task))
        raise ConfigurationError(
            f"train.select_by: `{name}` is no metric of a {params.task} task", hint=f"one of: {known}"
        )
    return Judge(name, METRICS[name].higher_is_better, lambda y, score: metrics.compute(name, y, score))


def _array(context: StageContext, name: str) -> Path:
    return context.path(f"artifacts/features/{name}.npy")


def _inputs(context: StageContext, params: Params) -> Inputs:
    configuration = {key: value for key, value in context.params.items() if key not in {"code", "libraries"}}
    return Inputs(
        data=digest_json({name: digest_file(_array(context, name)) for name in ARRAYS}),
        configuration=digest_json(configuration),
        code=digest_json([params.code, params.libraries]),
    )


def _checkpoints(context: StageContext) -> Path:
    return context.root / ".mlops" / "checkpoints" / context.pipeline


def _train(
    context: StageContext,
    params: Params,
    name: str,
    problem: Problem,
    examples: Examples,
    judge: Judge,
    inputs: Inputs,
) -> Result:
    """Train one candidate and judge it."""
    spec = params.candidates[name]
    origin = candidates.Origin(context.root, context.pipeline)
    candidate = candidates.build(name, spec.kind, spec.parameters, problem, origin)
    parameters = candidates.resolved(name, spec.kind, spec.parameters)
    tracked = _tracked(context, name, inputs, {"kind": spec.kind, **parameters, "trainer": params.trainer.model_dump()})
    try:
        with bar(name, _epochs(parameters, params.trainer), judge.metric) as move:
            session = Session(
                name=name,
                seed=derive(params.seed, name),
                judge=judge,
                options=params.trainer,
                checkpoints=_checkpoints(context) / inputs.digest.partition(":")[2] / name,
                observe=_observers(move, tracked, judge.metric),
            )
            fitted = candidate.fit(examples, session)
    except MlopsError:
        _close(tracked, {}, "FAILED")
        raise
    result = _result(name, spec.kind, parameters, fitted, examples, problem.task, judge)
    _close(tracked, result.validation, "FINISHED")
    kept = f", kept epoch {fitted.best_epoch} of {fitted.history[-1].number}" if fitted.history else ""
    context.say(f"{name}: validation {judge.metric} {result.validation[judge.metric]:.4f}{kept}")
    return result


def _epochs(parameters: dict[str, Any], trainer: TrainerOptions) -> int:
    trees = parameters.get("trees")
    return trees if isinstance(trees, int) else trainer.max_epochs


def _tracked(context: StageContext, name: str, inputs: Inputs, parameters: dict[str, Any]) -> Run | None:
    if context.tracking is None:
        return None
    from mlops.ml.tracking import Run  # its MLflow takes 1.7 s to import

    run = Run(
        context.tracking.uri,
        context.tracking.experiment,
        name=f"{context.pipeline}/{name}",
        key=digest_json([inputs.digest, name]),
        tags={
            "mlops.pipeline": context.pipeline,
            "mlops.candidate": name,
            "mlops.data": inputs.data,
            "mlops.configuration": inputs.configuration,
            "mlops.code": inputs.code,
        },
    )
    run.parameters(parameters)
    return run


def _close(tracked: Run | None, values: dict[str, float], status: str) -> None:
    if tracked is not None:
        tracked.finish({f"validation/{key}": value for key, value in values.items() if math.isfinite(value)}, status)


def _observers(move: Callable[[Epoch], None], tracked: Run | None, metric: str) -> Callable[[Epoch], None]:
    def observe(epoch: Epoch) -> None:
        move(epoch)
        if tracked is not None:
            tracked.log(epoch.measures(metric), epoch.number)

    return observe


def _result(
    name: str,
    kind: str,
    parameters: dict[str, Any],
    fitted: Fitted,
    examples: Examples,
    task: Task,
    judge: Judge,
) -> Result:
    y, scores = examples.validation_y, fitted.predict(examples.validation_x)
    validation = {metric: metrics.compute(metric, y, scores) for metric in metrics_for(task)}
    rank = judge.rank(validation[judge.metric], loss(task, y, scores))
    return Result(name, kind, parameters, fitted, scores, validation, rank)


def _write(
    context: StageContext, params: Params, problem: Problem, results: list[Result], best: Result, model: bytes
) -> None:
    """Write the model and both reports, each in one step."""
    with writing_folder(context.path("artifacts/model")) as folder:
        (folder / "model.onnx").write_bytes(model)
        (folder / "model.json").write_text(dumps(_model(problem, best)), encoding="utf-8")
    write_text(context.path("reports/history.csv"), "".join(_history(results, params.select_by)))
    write_text(context.path("reports/training.json"), dumps(_training(params.select_by, results, best)))


def _model(problem: Problem, best: Result) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "candidate": best.name,
        "kind": best.kind,
        "task": problem.task,
        "input": list(problem.shape),
        "outputs": problem.outputs,
        "parameters": best.parameters,
    }


def _training(select_by: str, results: list[Result], best: Result) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "select_by": select_by,
        "chosen": best.name,
        "candidates": {
            result.name: {
                "kind": result.kind,
                "validation": rounded(result.validation),
                "epochs": result.fitted.history[-1].number if result.fitted.history else None,
                "best_epoch": result.fitted.best_epoch,
            }
            for result in results
        },
    }


def _history(results: list[Result], metric: str) -> Iterator[str]:
    yield "candidate,epoch,metric,value\n"
    for result in results:
        for epoch in result.fitted.history:
            for measure, value in epoch.measures(metric).items():
                yield f"{result.name},{epoch.number},{measure},{rounded(value)}\n"
