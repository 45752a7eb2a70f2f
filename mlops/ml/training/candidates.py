"""How the parameters of a kind become something that can be trained.

Importing this file imports no learning library: each kind imports its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mlops.blocks.block import Block
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.kinds.reference import load
from mlops.ml.light import without_pandas
from mlops.ml.training import columns
from mlops.ml.training.asked import Asked
from mlops.ml.user_code.origin import Origin
from mlops.models import MODELS
from mlops.models.groups import read_by
from mlops.models.projected import PROJECTION

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from mlops.kinds.kind import Kind
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate, Session
    from mlops.models.cnn import Cnn
    from mlops.models.mlp import Mlp


def estimator(problem: Problem, named: str, *, threads: str | None = None, **arguments: Any) -> Candidate:
    """Make a candidate of an estimator in the manner of scikit-learn, by reference; `threads` takes their number."""
    with without_pandas():
        from mlops.ml.training.estimators import EstimatorCandidate

        make = load(named)

    def build(session: Session) -> Any:
        return make(**arguments, **({threads: session.options.threads} if threads else {}))

    return EstimatorCandidate(problem, build)


def estimator_of_tokens(problem: Problem, named: str, **arguments: Any) -> Candidate:
    """Make a candidate of a linear estimator; a token of a text has a weight there, as a column has."""
    if not problem.layout.texts:
        return estimator(problem, named, **arguments)
    with without_pandas():
        from mlops.ml.training.estimators import EstimatorCandidate
        from mlops.ml.training.token_input import TokenInput
        from mlops.ml.training.token_linear import TokenLinear

        make = load(named)
    given = TokenInput.of(problem.layout)
    return EstimatorCandidate(problem, lambda _: TokenLinear(make(**arguments), given))


def network(problem: Problem, parameters: Mlp | Cnn, body: Callable[[], Any]) -> Candidate:
    """Make a candidate of a network, trained by AdamW."""
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
            quantile=problem.quantile,
        )

    return LightningCandidate(problem, build)


def build(name: str, asked: Asked, problem: Problem, origin: Origin) -> Candidate:
    """Make candidate `name` of a kind, or of a class in the pipeline's own folder; it sees the columns that it reads.

    Raises:
        ConfigurationError: the kind or a parameter is unknown or of no use, or columns that it reads are not there.
    """
    if asked.own:
        from mlops.ml.training import user_models

        groups = _said(name, asked)
        own = problem.reading(groups, f"candidate {name}")
        return columns.reading(user_models.candidate(name, asked, own, origin), problem.layout, groups)
    checked, kind = parse(name, asked), MODELS[asked.kind]
    if problem.quantile is not None and not kind.can.get("quantile"):
        able = ", ".join(other for other, known in MODELS.items() if known.can.get("quantile"))
        message = f"candidate {name}: the kind `{asked.kind}` learns no quantile"
        raise ConfigurationError(message, hint=f"kinds that do: {able}")
    groups = read_by(kind, checked)
    read = problem.reading(groups, f"candidate {name}")
    made = kind.load("train")(read, checked, name, origin) if kind.can.get("own") else _made(kind, read, checked)
    return columns.reading(made, problem.layout, groups)


def _made(kind: Kind, problem: Problem, checked: Block) -> Candidate:
    """Make a candidate; one of a kind that reads texts as a few numbers gets them so."""
    if not (problem.layout.texts and kind.can.get("projects")):
        plain: Candidate = kind.load("train")(problem, checked)
        return plain
    from mlops.ml.training.projection import Projected, narrowed

    most = getattr(checked, "projection", PROJECTION)
    return Projected(kind.load("train")(narrowed(problem, most), checked), problem, most)


def _said(name: str, asked: Asked) -> tuple[str, ...]:
    try:
        return asked.groups
    except ValueError as error:
        raise ConfigurationError(f"candidate {name}: {error}", hint="correct `groups` in the YAML") from error


def of_own_code(asked: Asked) -> bool:
    """Say whether code in the pipeline's own folder makes a candidate.

    Example:
        >>> of_own_code(Asked(kind="linear"))
        False
    """
    known = MODELS.get(asked.kind)
    return asked.own or (known is not None and "own" in known.can)


def resolved(name: str, asked: Asked) -> Asked:
    """Fill in the defaults of a kind; a class of a user's own keeps its own."""
    return asked if asked.own else Asked.model_validate(parse(name, asked).model_dump(mode="json"))


def parse(name: str, asked: Asked) -> Block:
    """Check the parameters of a kind of the registry, naming every problem at once."""
    known = MODELS.get(asked.kind)
    if known is None:
        own = "or a class of your own, `pipelines.<pipeline>.<module>:<Class>`"
        hint = f"{suggest(asked.kind, MODELS)}; {own}"
        raise ConfigurationError(f"candidate {name}: unknown kind `{asked.kind}`", hint=hint)
    try:
        return known.block.model_validate(asked.model_dump())
    except ValidationError as error:
        problems = [_problem(known.block, item) for item in error.errors()]
        raise ConfigurationError("\n".join(f"candidate {name}: {text}" for text in problems)) from error


def _problem(block: type[Block], item: ErrorDetails) -> str:
    key = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden":
        return f"unknown parameter `{key}`; {suggest(key, [name for name in block.model_fields if name != 'kind'])}"
    return f"`{key}: {item['input']}`: {item['msg'][0].lower()}{item['msg'][1:]}"
