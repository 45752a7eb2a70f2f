"""Plan: what will change, and why, before anything runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.app.baseline import Baseline, from_commit, from_lock
from mlops.app.difference import ABSENT, Change, differences
from mlops.app.git import commit_of
from mlops.app.keys import written
from mlops.app.workspace import Workspace
from mlops.plan.pipeline import PipelinePlan
from mlops.plan.stage import Stage
from mlops.spec.origins import Origins

_HIDDEN = ("code", "libraries", "configuration")


@dataclass(frozen=True)
class KeyChange:
    """A key that a person changed, and the place of its value."""

    key: str
    before: Any
    after: Any
    where: str


@dataclass(frozen=True)
class StagePlan:
    """A stage that will run or not, with every reason."""

    name: str
    runs: bool
    reasons: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()


@dataclass(frozen=True)
class PipelineChange:
    """What a plan says of one pipeline; `seconds` is what the stages to run took last time, where that is known."""

    name: str
    keys: tuple[KeyChange, ...]
    stages: tuple[StagePlan, ...]
    rules: int
    rules_changed: bool
    seconds: float | None

    @property
    def affected(self) -> bool:
        """Whether anything will run."""
        return any(stage.runs for stage in self.stages)


@dataclass(frozen=True)
class Planned:
    """A plan of a whole repository."""

    base: str | None
    pipelines: tuple[PipelineChange, ...]


def plan(workspace: Workspace, base: str | None = None) -> Planned:
    """Compare what the YAML says with the last run, or with a commit."""
    commit = None if base is None else commit_of(workspace.root, base)
    changes = []
    for pipeline in workspace.plan.pipelines:
        before = (
            from_lock(workspace.root, pipeline) if commit is None else from_commit(workspace.root, pipeline, commit)
        )
        changes.append(_pipeline(workspace, pipeline, before))
    return Planned(commit, tuple(changes))


def _pipeline(workspace: Workspace, pipeline: PipelinePlan, before: Baseline) -> PipelineChange:
    origins = workspace.pipelines[pipeline.name].origins
    stages: list[StagePlan] = []
    for stage in pipeline.stages:
        reasons = tuple(_reasons(stage, before))
        running = {planned.name for planned in stages if planned.runs}
        follows = tuple(other.name for other in pipeline.upstream(stage) if other.name in running)
        stages.append(StagePlan(stage.name, bool(reasons or follows), reasons, follows))
    gate = pipeline.stage("gate")
    old = before.stages.get("gate")
    changed = old is not None and old.section.get("rules") != gate.section["rules"]
    seconds = _seconds(workspace.root, pipeline.name, [stage.name for stage in stages if stage.runs])
    keys = tuple(_keys(pipeline, before, origins))
    return PipelineChange(pipeline.name, keys, tuple(stages), len(gate.section["rules"]), changed, seconds)


def _reasons(stage: Stage, before: Baseline) -> Iterator[str]:
    old = before.stages.get(stage.name)
    if old is None:
        yield "never ran"
        return
    if old.command != stage.command:
        yield "its command changed"
    seen: dict[str, None] = {}
    for change in differences(dict(old.section), stage.section):
        seen[_reason(stage, change)] = None
    yield from seen
    yield from before.touched.get(stage.name, ())


def _reason(stage: Stage, change: Change) -> str:
    if change.path[:1] == ("code",):
        return "the framework's code changed"
    if change.path[:1] == ("libraries",):
        return f"{change.path[-1]} {change.before} → {change.after}"
    if change.path[:1] == ("configuration",):
        return "records the configuration"
    return "reads " + _name(written((stage.name, *change.path)))


def _keys(pipeline: PipelinePlan, before: Baseline, origins: Origins) -> Iterator[KeyChange]:
    seen: set[str] = set()
    for stage in pipeline.stages:
        old = before.stages.get(stage.name)
        for change in differences(dict(old.section), stage.section) if old is not None else ():
            key = written((stage.name, *change.path))
            if change.path[0] in _HIDDEN or _name(key) in seen:
                continue
            seen.add(_name(key))
            position = origins.where(key)
            yield KeyChange(_name(key), _plain(change.before), _plain(change.after), f"{position.file}:{position.line}")


def _name(key: tuple[str | int, ...]) -> str:
    return ".".join(map(str, key))


def _plain(value: Any) -> Any:
    return "(absent)" if value is ABSENT else value


def _seconds(root: Path, name: str, stages: list[str]) -> float | None:
    """Add up what these stages took when they last ran on this machine."""
    path = root / ".mlops" / "durations" / f"{name}.json"
    try:
        known = json.loads(path.read_bytes())
        return float(sum(known[stage] for stage in stages))
    except (OSError, ValueError, KeyError, TypeError):
        return None
