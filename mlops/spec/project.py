"""`conf/project.yaml` and `conf/policy.yaml`: one of each per repository."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from mlops.spec.block import Block, Items, Name, Owner

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Labels = Label | Annotated[list[Label], Field(min_length=1)]
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}$")]
Pattern = Annotated[str, StringConstraints(pattern=r"^/?[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*/?$")]
Risk = Literal["minimal", "limited", "high"]


class Tracking(Block):
    """Where runs and registered models are recorded."""

    uri: str = "sqlite:///.mlops/mlflow.db"
    """MLflow tracking URI; a relative SQLite path is relative to the repository."""


class Continuous(Block):
    """Settings of the compiled workflows."""

    runner: Annotated[
        Items[Label],
        Field(min_length=1),
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value, json_schema_input_type=_Labels),
    ] = ("ubuntu-24.04",)
    """The label of the machines that jobs run on, or several that a machine must all carry."""
    python: Annotated[str, Field(pattern=r"^3\.\d+$")] = "3.11"
    """Python version of jobs."""
    timeout: Annotated[int, Field(ge=1, le=360)] = 60
    """Minutes after which a job is stopped."""
    branch: Branch = "main"
    """The branch that pull requests are merged into."""


class Project(Block):
    """What holds for every pipeline of the repository."""

    name: Name
    """Name of the repository in catalogues and registries."""
    tracking: Tracking = Tracking()
    ci: Continuous = Continuous()


class RiskTier(Block):
    """What every pipeline of a risk tier must have."""

    owners: Annotated[int, Field(ge=1)] = 1
    """Owners a pipeline names at least."""
    sliced_gate: bool = False
    """A blocking rule by a sensitive column is required."""
    champion_gate: bool = False
    """A blocking rule against the live model is required."""
    own_classes: bool = True
    """Whether a candidate may be a class of the repository's own."""
    card: bool = False
    """Everything under `card:` is written."""
    budget: bool = False
    """A `budget:` is required."""


class Policy(Block):
    """What the code owners ask of every pipeline."""

    owners: Annotated[Items[Owner], Field(min_length=1)]
    """Who reviews changes of this file, of the workflows and of what is live in production."""
    risk: dict[Risk, RiskTier] = Field(default_factory=dict)
    """What each tier asks for."""
    paths: dict[Pattern, Annotated[Items[Owner], Field(min_length=1)]] = Field(default_factory=dict)
    """Who reviews what else, by path from the root as in CODEOWNERS; the last match holds, `*` is all the rest."""
    runners: Items[str] | None = None
    """Runners that jobs may ask for, as patterns with `*`; any where absent."""
    sources: Items[str] | None = None
    """Kinds of data source, as patterns with `*`; any where absent."""
    packages: Items[str] | None = None
    """Python packages whose data files may be read, as patterns with `*`; any where absent."""
    kinds: Items[str] | None = None
    """Kinds of candidate, own classes among them, as patterns with `*` (`pipelines.churn.*`); any where absent."""
