"""`conf/pipeline/<name>.yaml`, composed: everything about one model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mlops.blocks.auto import Auto
from mlops.blocks.backtest import Backtest
from mlops.blocks.block import Block, Column, Items, KeptColumn, Name, Owner, one_line
from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.cost import Cost
from mlops.blocks.ensemble import Ensemble
from mlops.blocks.examine import Discover, Explain
from mlops.blocks.forecast import Forecast
from mlops.blocks.objective import Objective
from mlops.blocks.own_stage import OwnStage
from mlops.blocks.serving import Serving
from mlops.blocks.trainer import Trainer
from mlops.blocks.tune import Tune
from mlops.configuration.auto import expanded
from mlops.configuration.card import Card
from mlops.configuration.data import Data
from mlops.configuration.deploy import DeployTarget
from mlops.configuration.gates import GateRule
from mlops.configuration.model import Model
from mlops.configuration.monitor import Monitor
from mlops.configuration.policy import Risk
from mlops.configuration.requests import Requests
from mlops.configuration.robustness import Perturbations
from mlops.metrics import MetricName
from mlops.transforms.features import Features

Labels = dict[str, Annotated[str, Field(min_length=1, max_length=60), one_line("a label")]]
Task = Literal["binary", "multiclass", "regression", "forecasting"]


class Evaluate(Block):
    """What is measured on the test part."""

    metrics: Items[MetricName] = ()
    """Metrics to report besides those that gates name; the usual ones of the task where empty."""
    slices: Items[KeptColumn] = ()
    """Columns to report by, besides those that gates name."""
    bins: dict[KeptColumn, Items[float]] = Field(default_factory=dict)
    """Edges that cut a column of numbers: `{age: [30, 50]}` makes under 30, 30 to 50, and 50 and over."""
    labels: dict[Column, Labels] = Field(default_factory=dict)
    """What coded values are called in the report: `{black: {"0": "no", "1": "yes"}}`; the target's classes too."""
    crosses: Items[Items[KeptColumn]] = ()
    """Columns whose slices are combined: `[black, female]` is `by: black+female` in a rule."""
    bootstrap: Bootstrap = Bootstrap()
    minimum_rows: Annotated[int, Field(ge=2)] = 30
    """A slice with fewer rows is never judged a pass."""
    robustness: Perturbations = ()
    """Perturbations of test rows to measure the candidate under, or a strength for each; those of gates are added."""
    serving: Serving = Serving()
    discover: Discover | None = None
    explain: Explain | None = None
    cost: Cost | None = None
    """What decisions are worth; brings the metric `value` and a threshold that is chosen by it."""
    learning_curve: bool = False
    """Learn again from smaller shares of the rows, to see whether more would help; not for networks."""
    backtest: Backtest | None = None
    """Learn again from what was known at several times past, and measure on what followed; of a split by time."""


class Preset(Block):
    """Rules that a choice of `/gates` brings along; they are added to the pipeline's own."""

    gates: Items[GateRule] = ()
    """Rules, as under `gates:`."""


class Package(Block):
    """What goes into the bundle beside the model."""

    golden_rows: Annotated[int, Field(ge=1, le=1000)] = 16
    """Rows made up from the profile, with their answers, replayed wherever the bundle is opened."""


class Serve(Block):
    """What the server is to answer beside scores; what it needs for that travels in the bundle."""

    explain: bool = False
    """Answer `/explain`: a share of the score for each column, which add up to it."""


class Budget(Block):
    """What one run may take; `mlops plan` ends with 2 where its estimate is more."""

    minutes: Annotated[float, Field(gt=0)] | None = None
    """What a run may last."""
    money: Annotated[float, Field(gt=0)] | None = None
    """In the currency of `per_hour`."""
    per_hour: Annotated[float, Field(gt=0)] | None = None
    """What an hour of the runner costs."""

    @model_validator(mode="after")
    def _priced(self) -> Budget:
        if self.money is not None and self.per_hour is None:
            raise ValueError("`money` needs `per_hour`: what an hour of the runner costs")
        return self


class Pipeline(Block):
    """One model: data, features, candidates, gates, targets."""

    description: Annotated[str, Field(min_length=1, max_length=500), one_line("a description")]
    """One sentence; it stands in `mlops catalogue` and on the model card."""
    owners: Annotated[Items[Owner], Field(min_length=1)] = ()
    """Who reviews changes: `@user` or `@organisation/team`; its team of conf/policy.yaml where absent."""
    risk: Risk
    """Tier of conf/policy.yaml that the pipeline falls under."""
    task: Task
    """What is learnt: a yes or no, one of several classes, a number, or a number some periods ahead."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of training."""
    data: Data
    stages: dict[Name, OwnStage] = Field(default_factory=dict)
    """Stages of the pipeline's own code by name, between `ingest` and `validate`."""
    features: Features = Features()
    forecast: Forecast | None = None
    auto: Auto | None = None
    """Candidates, search and ensemble without naming any; what is named beside it goes before."""
    model: Annotated[dict[Name, Model], Field(min_length=1)]
    """Candidates by name; the best on validation goes on."""
    objective: Objective = Objective()
    select_by: MetricName | None = None
    """Metric on validation that chooses among candidates."""
    refit: bool | None = None
    """Learn again from the rows of train and validation once a candidate is chosen, for as many trees or epochs as were
    best on validation. Where nothing is said, linear models and trees do; networks and models of your own do not."""
    trainer: Trainer = Trainer()
    tune: Tune | None = None
    """A search for better parameters than those of the YAML; none where absent."""
    ensemble: Ensemble | None = None
    """One more candidate, a weighted mean of the others; none where absent."""
    evaluate: Evaluate = Evaluate()
    preset: Preset = Preset()
    gates: Items[GateRule] = ()
    """Rules of the pipeline's own; a preset's are added."""
    package: Package = Package()
    requests: Requests = Requests()
    serve: Serve = Serve()
    card: Card = Card()
    deploy: dict[Name, DeployTarget] = Field(default_factory=dict)
    """Targets by name."""
    monitor: Monitor | None = None
    """What is watched once the model answers requests; nothing where absent."""
    budget: Budget | None = None
    """What a run may take."""

    @model_validator(mode="before")
    @classmethod
    def _automatic(cls, value: Any) -> Any:
        return expanded(value)
