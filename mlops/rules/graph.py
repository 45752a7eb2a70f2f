"""Who writes what in a whole repository, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlops.files.relative import folded
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Stage


@dataclass(frozen=True)
class Placed:
    """A stage with the folder its paths are relative to; the fleet's stage stands at the root."""

    folder: str
    pipeline: str
    stage: Stage

    @property
    def name(self) -> str:
        """Name the stage within the repository."""
        return f"{self.pipeline}/{self.stage.name}" if self.pipeline else self.stage.name

    @property
    def inputs(self) -> tuple[str, ...]:
        """List what the stage reads, from the root."""
        return tuple(f"{self.folder}{path}" for path in self.stage.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """List what the stage writes, from the root."""
        return tuple(f"{self.folder}{output.path}" for output in self.stage.outputs)


def stages(plan: Plan) -> Iterator[Placed]:
    """List every stage of a repository, in running order."""
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            yield Placed(f"{pipeline.folder}/", pipeline.name, stage)
    yield Placed("", "", plan.fleet)


class Writers:
    """The stages by what they write; as case folds, since some systems do not tell `Data` from `data`."""

    def __init__(self, placed: tuple[Placed, ...]) -> None:
        self._at: dict[str, Placed] = {}
        self._below: dict[str, list[Placed]] = {}
        for stage in placed:
            for output in stage.outputs:
                path = folded(output)
                self._at.setdefault(path, stage)
                for parent in _parents(path):
                    self._below.setdefault(parent, []).append(stage)

    def of(self, path: str) -> tuple[Placed, ...]:
        """Find who writes a path, a folder around it, or something inside it."""
        plain = folded(path)
        above = [self._at[place] for place in (plain, *_parents(plain)) if place in self._at]
        return (*above, *self._below.get(plain, ()))


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
