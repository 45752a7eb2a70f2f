"""A pipeline's own stages: `stages:`, each after another, from the rows of `ingest` to those that `validate` checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlops.blocks.own_stage import OwnStage
from mlops.configuration.data import dump
from mlops.configuration.pipeline import Pipeline

FIRST = "ingest"
RAW = "artifacts/raw.parquet"
CODE = "own"
"""The stage of `mlops.stages` that runs every one of them."""


def chain(stages: dict[str, OwnStage]) -> Iterator[str]:
    """Name the stages in running order; those that nothing leads to are left out."""
    following = {stage.after: name for name, stage in stages.items()}
    at, seen = FIRST, {FIRST}
    while (at := following.get(at, FIRST)) not in seen:
        seen.add(at)
        yield at


def table(stages: Sequence[str]) -> str:
    """Name the file of the rows that the last of some stages made; those of `ingest` where there is none."""
    return f"artifacts/{stages[-1]}.parquet" if stages else RAW


def made_by(spec: Pipeline) -> list[str]:
    """Name the own stages that rows go through."""
    return list(chain(spec.stages))


def own_section(spec: Pipeline, name: str, files: Sequence[str]) -> dict[str, Any]:
    """Spell all that an own stage may know; `files` are those of its code."""
    own = spec.stages[name]
    before = made_by(spec)[: made_by(spec).index(name)]
    spelt = {key: value for key, value in dump(own).items() if key not in ("after", "inputs")}
    return {**spelt, "rows": table(before), "files": sorted({*files, *own.inputs})}
