"""What rules read of the parameters of stages: of each section the keys that they ask for, as values with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from mlops.ml.evaluation.judging.rule import Rule
from mlops.plan.pipeline import PipelinePlan

Row = TypeVar("Row")


@dataclass(frozen=True)
class Measured:
    """What `evaluate` measures."""

    metrics: Sequence[str]
    slices: Sequence[str]


@dataclass(frozen=True)
class SplitBy:
    """What rows are split by, and whom they are about."""

    by: str
    key: str | None
    entity: str | None


@dataclass(frozen=True)
class Promised:
    """Rows that are promised of the data."""

    at_least: int


@dataclass(frozen=True)
class Interval:
    """How sure an interval is to be."""

    confidence: float


@dataclass(frozen=True)
class TestPart:
    """The share of rows to test on."""

    test: float


def gate_rules(pipeline: PipelinePlan) -> tuple[Rule, ...]:
    """List the rules of a pipeline's gate."""
    return tuple(read(Rule, rule) for rule in pipeline.stage("gate").section.get("rules", ()))


def part(row: type[Row], pipeline: PipelinePlan, stage: str, key: str) -> Row:
    """Read what stands under a key of a stage's section."""
    return read(row, pipeline.stage(stage).section.get(key, {}))


def read(row: type[Row], section: Mapping[str, object]) -> Row:
    """Take the keys of a mapping that a row has names for; the others are of no interest.

    Example:
        >>> read(SplitBy, {"by": "time", "key": "day", "entity": None, "fractions": {}})
        SplitBy(by='time', key='day', entity=None)
    """
    return row(**{field.name: section[field.name] for field in fields(row) if field.name in section})  # type: ignore[arg-type]
