"""The stage `tune`: a search for parameters of candidates, where one is asked for; training reads what it found."""

from __future__ import annotations

from typing import Any

from mlops.blocks.address import own_file
from mlops.blocks.trainer import Trainer
from mlops.configuration.auto import portfolio
from mlops.configuration.model import Own, own_addresses
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.tuning import dealt, spaces, tune_of
from mlops.kinds.kind import Kind as Named
from mlops.kinds.union import Kinded
from mlops.metrics import METRICS, validated
from mlops.models import MODELS
from mlops.models.portfolio import Setting
from mlops.plan.stage import Kind, Output
from mlops.stages.declare.declaration import Declaration, Files, Given, Parameter
from mlops.stages.declare.forecasts import task_of
from mlops.stages.declare.reproducible import reproducible
from mlops.stages.declare.train import selected

REPORT = "reports/tuning.json"


def _spaces(spec: Pipeline) -> dict[str, Any]:
    counts = dealt(spec)
    return {
        name: {key: each.given() for key, each in sorted(space.items())}
        for name, space in spaces(spec).items()
        if name in counts
    }


def _candidates(spec: Pipeline) -> dict[str, Kinded]:
    return {name: spec.model[name] for name in dealt(spec)}


def _portfolio(spec: Pipeline) -> dict[str, Any]:
    """List the settings of each candidate's kind, with the rows that they are for."""
    if not tune_of(spec).portfolio:
        return {}
    found = {name: portfolio(each.kind) for name, each in _candidates(spec).items() if not isinstance(each, Own)}
    task = task_of(spec)
    return {
        name: [_setting(each) for each in known.settings if task in (each.tasks or (task,))]
        for name, known in found.items()
        if known is not None
    }


def _setting(said: Setting) -> dict[str, Any]:
    most = {} if said.most is None else {"most": said.most}
    return {"parameters": dict(said.parameters), **({"least": said.least} if said.least else {}), **most}


def _trainer(spec: Pipeline) -> Trainer:
    return spec.trainer.model_copy(update={"reproducible": reproducible(spec), "profile": False})


def _kinds(spec: Pipeline) -> list[Named]:
    found = (MODELS.get(model.kind) for model in _candidates(spec).values() if not isinstance(model, Own))
    models = [kind for kind in found if kind is not None]
    return [*models, *(METRICS[name] for name in validated(task_of(spec), selected(spec)))]


TUNE = Declaration(
    "tune",
    parameters=(
        Given("pipeline"),
        Parameter("task", "task", task_of),
        Parameter("seed", "seed"),
        Parameter("select_by", "select_by task objective.quantile", selected),
        Parameter("candidates", "model auto", _candidates),
        Parameter("trainer", "trainer model", _trainer),
        Parameter("weight", "data.weight", optional=True),
        Parameter("objective", "objective", lambda spec: spec.objective.given(), optional=True),
        Parameter("trials", "tune.trials tune.space model auto", dealt, whole=True),
        Parameter("minutes", "tune.minutes auto.minutes", lambda spec: tune_of(spec).minutes, optional=True),
        Parameter("sampler", "tune.sampler", lambda spec: tune_of(spec).sampler),
        Parameter("pruner", "tune.pruner", lambda spec: tune_of(spec).pruner),
        Parameter("parallel", "tune.parallel", lambda spec: tune_of(spec).parallel),
        Parameter("space", "tune.space model auto", _spaces, whole=True),
        Parameter("portfolio", "tune.portfolio model auto", _portfolio, optional=True, whole=True),
        Parameter("race", "tune.race auto", lambda spec: tune_of(spec).race, optional=True),
        Parameter("when", "tune.when", lambda spec: tune_of(spec).when),
    ),
    inputs=(
        "artifacts/features",
        Files(
            "tune.space model",
            lambda spec: [own_file(each) for each in own_addresses(_candidates(spec).values())],
        ),
    ),
    outputs=(Output(REPORT, Kind.REPORT, stays=True),),
    wanted=lambda spec: spec.tune is not None,
    keys="tune auto",
    kinds=_kinds,
)
