"""Who writes what in a whole repository, and who reads it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from mlops.files.relative import folded
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Stage


@dataclass(frozen=True, slots=True)
class Placed:
    """A stage of a pipeline, with the folder its paths are relative to."""

    folder: str
    pipeline: str
    stage: Stage

    @property
    def name(self) -> str:
        """Name the stage within the repository."""
        return f"{self.pipeline}/{self.stage.name}"

    @property
    def inputs(self) -> tuple[str, ...]:
        """List what the stage reads, from the root."""
        return tuple([self.folder + path for path in self.stage.inputs])

    @property
    def outputs(self) -> tuple[str, ...]:
        """List what the stage writes, from the root."""
        return tuple([self.folder + output.path for output in self.stage.outputs])


def stages(plan: Plan) -> Iterator[Placed]:
    """List every stage of a repository, in running order."""
    for pipeline in plan.pipelines:
        folder = f"{pipeline.folder}/"
        for stage in pipeline.stages:
            yield Placed(folder, pipeline.name, stage)


class Writers:
    """The stages by what they write; as case folds, since some systems do not tell `Data` from `data`."""

    def __init__(self, placed: tuple[Placed, ...]) -> None:
        written = [(plain(output), stage) for stage in placed for output in stage.outputs]
        written.sort(key=itemgetter(0))
        self._paths = [path for path, _ in written]
        self._stages = [stage for _, stage in written]
        self._at = dict(reversed(written))  # of two that write one path, the first

    def any(self, path: str) -> bool:
        """Tell whether anybody writes a path, a folder around it, or something inside it."""
        return plain(path) in self._at or bool(self.of(path))

    def of(self, path: str) -> tuple[Placed, ...]:
        """Find who writes a path, a folder around it, or something inside it."""
        sought = plain(path)
        above = [self._at[place] for place in (sought, *_parents(sought)) if place in self._at]
        inside = f"{sought}/"
        first = bisect_left(self._paths, inside)
        if first == len(self._paths) or not self._paths[first].startswith(inside):
            return tuple(above)
        last = bisect_left(self._paths, f"{sought}0")  # `0` comes after `/`
        return (*above, *self._stages[first:last])


def plain(path: str) -> str:
    """Give the form under which two paths are one file on some system; of ASCII that is its lower case."""
    return path.lower() if path.isascii() else folded(path)


def _parents(path: str) -> Iterator[str]:
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)
