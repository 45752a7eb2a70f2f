"""Users' own models: classes, or functions that return an estimator, in the folder of their pipeline only."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError, MlopsError
from mlops.ml.user_code import address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlops.ml.training.asked import Asked
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Candidate, Fitted, Session
    from mlops.ml.user_code.origin import Origin


def candidate(name: str, asked: Asked, problem: Problem, origin: Origin) -> Candidate:
    """Make a candidate of `pipelines.<pipeline>.<module>:<Class>`.

    The class takes its parameters by name, and `problem`, `shape`, `outputs` or `task` if it asks for them. A
    LightningModule's `forward` answers logits (or standardised numbers, for a regression); anything else must be an
    estimator that skl2onnx knows.
    """
    import pytorch_lightning as pl

    from mlops.ml.training.estimators import EstimatorCandidate
    from mlops.ml.training.loop import LightningCandidate

    make = load(asked.kind, origin)
    taken = inspect.signature(make).parameters
    if problem.quantile is not None and not {"quantile", "problem"} & set(taken):
        hint = "take `quantile`, or `problem`, which has it, and learn it; or remove `objective.quantile`"
        raise ConfigurationError(f"candidate {name}: {asked.kind} does not take the quantile to learn", hint=hint)
    given = arguments(f"candidate {name}", asked.kind, make, asked.parameters, problem)

    def build(_: Session) -> Any:
        return make(**given)

    lightning = isinstance(make, type) and issubclass(make, pl.LightningModule)
    inner: Candidate = LightningCandidate(problem, build) if lightning else EstimatorCandidate(problem, build)
    return Guarded(name, inner, origin.root / "pipelines")


def load(kind: str, origin: Origin) -> Callable[..., Any]:
    """Import a class by its address; raises ConfigurationError for any place but the pipeline's own folder."""
    if not address.belongs(kind, origin.pipeline):
        raise ConfigurationError(
            f"kind `{kind}` is neither a known kind nor a class of this pipeline",
            hint=f"write pipelines.{origin.pipeline}.<module>:<Class> for a class in pipelines/{origin.pipeline}/",
        )
    with boundary(f"kind `{kind}`", origin.root / "pipelines"):
        module = address.module_of(kind, origin.root, origin.pipeline)
    found = address.named(module, kind)
    if found is None:
        names = [name for name, value in vars(module).items() if isinstance(value, type) and not name.startswith("_")]
        raise ConfigurationError(
            f"kind `{kind}`: the module has no such class", hint=suggest(kind.partition(":")[2], names)
        )
    made: Callable[..., Any] = found
    return made


def arguments(
    who: str, address: str, make: Callable[..., Any], said: dict[str, Any], problem: Problem
) -> dict[str, Any]:
    """Join what the YAML says with what code asks for by name: `problem`, `shape`, `outputs`, `task`, `quantile`.

    Raises:
        ConfigurationError: it has no parameter of a name, or lacks one.
    """
    offers = {"problem": problem, "shape": problem.shape, "outputs": problem.outputs, "task": problem.task}
    offers |= {} if problem.quantile is None else {"quantile": problem.quantile}
    taken = inspect.signature(make).parameters
    given = said | {offer: value for offer, value in offers.items() if offer in taken}
    _refuse_unknown(f"{who}: {address}", make, given)
    return given


def _refuse_unknown(who: str, make: Callable[..., Any], arguments: dict[str, Any]) -> None:
    signature = inspect.signature(make)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values()):
        return
    for argument in arguments:
        if argument not in signature.parameters:
            raise ConfigurationError(
                f"{who} has no parameter `{argument}`", hint=suggest(argument, signature.parameters)
            )
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ConfigurationError(f"{who}: {error}") from error


@dataclass(frozen=True)
class Guarded:
    """A candidate made of a user's code: what goes wrong in it is told with its file and line."""

    name: str
    inner: Candidate
    folder: Path

    def fit(self, examples: Examples, session: Session) -> Fitted:
        """Train."""
        with boundary(f"candidate {self.name}", self.folder):
            return self.inner.fit(examples, session)


@contextmanager
def boundary(who: str, folder: Path) -> Iterator[None]:
    """Turn an exception of a user's code into a sentence; the cause stays chained."""
    try:
        yield
    except MlopsError:
        raise
    except (Exception, SystemExit) as error:  # users' code raises anything; an exit would end the stage without a word
        found = address.place(error, folder)
        place = "" if found is None else f"{found[0].relative_to(folder.resolve().parent)}:{found[1]}: "
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        raise ConfigurationError(f"{who}: {place}{type(error).__name__}: {reason}") from error
