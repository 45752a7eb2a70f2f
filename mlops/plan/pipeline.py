"""A pipeline and a project as they will run: frozen, sorted, free of I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlops.files.plain_yaml import Values
from mlops.plan.engine import Engine
from mlops.plan.environment import EnvironmentPlan
from mlops.plan.placed import Live
from mlops.plan.review import Review
from mlops.plan.stage import Stage


@dataclass(frozen=True)
class Rollout:
    """How traffic is to come to a pipeline's bundle in an environment; `file` says so, `canary` is a share."""

    environment: str
    file: str
    canary: float


@dataclass(frozen=True)
class Deployed:
    """A target with compiled files: its kind, what is asked of it, and by reference what writes the files."""

    kind: str
    said: Values
    render: str | None = None
    """Writes the files that are the same wherever the model is live."""
    manifests: str | None = None
    """Writes the files of one environment, which name the image of the bundle that is live there
    (`plan.placed.Placed`): its release file has to say it."""


@dataclass(frozen=True)
class PipelinePlan:
    """Everything decided about one model; stages stand in running order."""

    name: str
    source: str
    description: str
    task: str
    owners: tuple[str, ...]
    stages: tuple[Stage, ...]
    targets: dict[str, str]
    """Kinds of the places that the packaged model is served from, by name."""
    tracking: dict[str, str]
    rollouts: tuple[Rollout, ...] = ()
    batches: tuple[tuple[str, str, str], ...] = ()
    """Places that jobs read or write rows at: the target's name, the key that says so, the path or address."""
    deployed: dict[str, Deployed] = field(default_factory=dict)
    """The targets that files are compiled for, by name."""
    live: tuple[Live, ...] = ()
    """What is live, by environment, where a target has files of it; of any other pipeline nothing depends on it."""

    @property
    def folder(self) -> str:
        """The pipeline's folder, relative to the repository."""
        return f"pipelines/{self.name}"

    def stage(self, name: str) -> Stage:
        """Find a stage by name; raises KeyError."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)

    def upstream(self, stage: Stage) -> Iterator[Stage]:
        """List the stages whose outputs a stage reads, in running order."""
        for other in self.stages:
            if any(_reads(path, output.path) for path in stage.inputs for output in other.outputs):
                yield other


@dataclass(frozen=True)
class Ownership:
    """Who reviews the files that a pattern matches; of several lines the last that matches holds."""

    pattern: str
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Everything decided about a repository; pipelines are sorted by name."""

    project: str
    pipelines: tuple[PipelinePlan, ...]
    ci: Engine = field(default_factory=Engine)
    ownership: tuple[Ownership, ...] = ()
    reviewed: tuple[str, ...] = ()
    """Pipelines whose gates only the policy's owners may change."""
    remote: str | None = None
    """Where DVC keeps what Git does not; empty where nowhere, None where nobody looked."""
    tracking: str = ""
    """Where runs and models are recorded."""
    orchestrators: tuple[str, ...] = ()
    """The engines, by name, that run pipelines stage by stage."""
    review: Review = field(default_factory=Review)
    """What a proposed change goes through, where an engine runs it."""
    environments: tuple[EnvironmentPlan, ...] = ()
    """Where models are live, in the order that they are written in."""


def _reads(path: str, output: str) -> bool:
    return path == output or path.startswith(f"{output}/") or output.startswith(f"{path}/")
