"""`conf/project.yaml` and `conf/policy.yaml`: one of each per repository."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from mlops.spec.block import Block, Items, Name, Owner

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Labels = Label | Annotated[list[Label], Field(min_length=1)]
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}$")]
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
    timeout: Annotated[int, Field(ge=1, le=360)] = 60
    """Minutes after which a job is stopped."""
    branch: Branch = "main"
    """The branch that pull requests are merged into."""


class Project(Block):
    """What holds for every pipeline of the repository."""

    name: Name
    tracking: Tracking = Tracking()
    ci: Continuous = Continuous()


class RiskTier(Block):
    """What every pipeline of a risk tier must have."""

    owners: Annotated[int, Field(ge=1)] = 1
    """Owners a pipeline names at least."""
    sliced_gate: bool = False
    """A rule by a sensitive column is required."""


class Policy(Block):
    """What the code owners ask of every pipeline."""

    owners: Items[Owner]
    """Who reviews changes of this file."""
    risk: dict[Risk, RiskTier] = Field(default_factory=dict)
    extensions: Items[str] = ()
    """Import paths outside `pipelines.` that `kind:` may name."""
