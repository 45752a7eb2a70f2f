"""The registry of kinds: which parameters each has, and how they become something that can be trained.

Importing this file imports no learning library: each builder imports its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.ml.light import without_pandas

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate

Width = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]


class Parameters(BaseModel):
    """The parameters of a kind, under the names users write."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Mlp(Parameters):
    """A multi-layer perceptron, trained by AdamW."""

    hidden: tuple[Width, ...] = (256, 256)
    dropout: Dropout = 0.2
    lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)


class Cnn(Parameters):
    """A convolutional network for small images, trained by AdamW."""

    channels: tuple[Width, ...] = Field(default=(32, 64, 64), min_length=1)
    hidden: Width = 128
    dropout: Dropout = 0.3
    lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)


class Linear(Parameters):
    """Logistic regression, or ridge regression of a number."""

    l2: float = Field(default=1.0, gt=0)


class GradientBoosting(Parameters):
    """Boosted trees; as many are kept as do best on the validation rows."""

    trees: Width = 300
    depth: Width = 4
    lr: float = Field(default=0.05, gt=0)
    min_leaf: Width = 20
    rows: Share = 1.0
    features: Share = 0.3


class RandomForest(Parameters):
    """Averaged trees."""

    trees: Width = 200
    depth: Width | None = 10
    min_leaf: Width = 10
    features: Share = 0.5


@dataclass(frozen=True)
class Origin:
    """Whose candidate it is: users' own classes may come from `pipelines/<pipeline>/` under `root` only."""

    root: Path
    pipeline: str


Build = Callable[["Problem", Any, Origin], "Candidate"]


def _mlp(problem: Problem, parameters: Mlp, _: Origin) -> Candidate:
    from mlops.ml.training import networks

    return _network(problem, parameters, lambda: networks.mlp(problem, parameters.hidden, parameters.dropout))


def _cnn(problem: Problem, parameters: Cnn, _: Origin) -> Candidate:
    from mlops.ml.training import networks

    if len(problem.shape) != 3:
        raise ConfigurationError(
            f"kind cnn needs images, and a row here has shape {list(problem.shape)}",
            hint="use `kind: mlp`, or features of `kind: image`",
        )
    widths = (parameters.channels, parameters.hidden, parameters.dropout)
    return _network(problem, parameters, lambda: networks.cnn(problem, *widths))


def _network(problem: Problem, parameters: Mlp | Cnn, body: Callable[[], Any]) -> Candidate:
    from mlops.ml.training.loop import LightningCandidate
    from mlops.ml.training.networks import Network

    def build(session: Any) -> Network:
        return Network(
            body(),
            problem.task,
            lr=parameters.lr,
            weight_decay=parameters.weight_decay,
            batch_size=session.options.batch_size,
            gradient_clip=session.options.gradient_clip,
        )

    return LightningCandidate(problem, build)


def _estimator(name: str) -> Build:
    def build(problem: Problem, parameters: Parameters, _: Origin) -> Candidate:
        with without_pandas():
            from mlops.ml.training import estimators

        make = getattr(estimators, name)
        return estimators.EstimatorCandidate(problem, lambda _session: make(problem, **parameters.model_dump()))

    return build


def _random_forest(problem: Problem, parameters: RandomForest, _: Origin) -> Candidate:
    with without_pandas():
        from mlops.ml.training import estimators

    def build(session: Any) -> Any:
        return estimators.random_forest(problem, **parameters.model_dump(), threads=session.options.threads)

    return estimators.EstimatorCandidate(problem, build)


KINDS: dict[str, tuple[type[Parameters], Build]] = {
    "cnn": (Cnn, _cnn),
    "gradient_boosting": (GradientBoosting, _estimator("gradient_boosting")),
    "linear": (Linear, _estimator("linear")),
    "mlp": (Mlp, _mlp),
    "random_forest": (RandomForest, _random_forest),
}


def build(name: str, kind: str, parameters: dict[str, Any], problem: Problem, origin: Origin) -> Candidate:
    """Make candidate `name` of a kind, or of a class in the pipeline's own folder.

    Raises:
        ConfigurationError: the kind is unknown, or a parameter is unknown or of no use.
    """
    if _is_address(kind):
        from mlops.ml.training import user_code

        return user_code.candidate(name, kind, parameters, problem, origin)
    checked = parse(name, kind, parameters)
    return KINDS[kind][1](problem, checked, origin)


def resolved(name: str, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Fill in the defaults of a kind; a class of a user's own keeps its own."""
    return parameters if _is_address(kind) else parse(name, kind, parameters).model_dump(mode="json")


def _is_address(kind: str) -> bool:
    return ":" in kind or "." in kind


def parse(name: str, kind: str, parameters: dict[str, Any]) -> Parameters:
    """Check the parameters of a kind of the registry, naming every problem at once."""
    if kind not in KINDS:
        own = "or a class of your own, `pipelines.<pipeline>.<module>:<Class>`"
        raise ConfigurationError(f"candidate {name}: unknown kind `{kind}`", hint=f"{suggest(kind, KINDS)}; {own}")
    model = KINDS[kind][0]
    try:
        return model.model_validate(parameters)
    except ValidationError as error:
        problems = [_problem(model, cast("dict[str, Any]", item)) for item in error.errors()]
        raise ConfigurationError("\n".join(f"candidate {name}: {text}" for text in problems)) from error


def _problem(model: type[Parameters], item: dict[str, Any]) -> str:
    key = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden":
        return f"unknown parameter `{key}`; {suggest(key, model.model_fields)}"
    return f"`{key}: {item['input']}`: {item['msg'][0].lower()}{item['msg'][1:]}"
