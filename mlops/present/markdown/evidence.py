"""What the comment is written from: a plan, and what the jobs left of each pipeline; unknown keys are ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from mlops.blocks.block import Name
from mlops.documents.figures import Figures
from mlops.documents.gate import GateReport

ENDED = (0, 2, 7)  # how `mlops run` ends when every stage ended


class _Read(BaseModel, extra="ignore", frozen=True):
    pass


class Key(_Read):
    """A key of the configuration that changed."""

    key: str
    before: Any = None
    after: Any = None
    where: str = ""


class Stage(_Read):
    """A stage of a plan."""

    name: str
    runs: bool
    reasons: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()


class Change(_Read):
    """What a plan says of one pipeline."""

    name: Name
    keys: tuple[Key, ...] = ()
    stages: tuple[Stage, ...] = ()
    verifies: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None


class PlanRead(_Read):
    """`mlops plan -o json`."""

    schema_version: Literal[1]
    base: str | None = None
    affected: tuple[Name, ...]
    pipelines: tuple[Change, ...]


class Judged(_Read):
    """What is known of an affected pipeline after its job; `gate` is None where no stage came to a verdict."""

    change: Change
    gate: GateReport | None = None
    models: Figures = Field(default_factory=dict)
    """Figures by model and metric."""
    tuning: str = ""
    """What a search for parameters tried, in a sentence; empty where none is asked for."""
    exit_code: int | None = None
    report: str = ""
    """The file of its report, below the artifact that holds it: `report-churn/churn/report.html`."""
