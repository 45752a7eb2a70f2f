"""A repository opened: its YAML read, its facts looked up, its plan made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlops.app.champions import champions
from mlops.app.code import fingerprints
from mlops.app.policy import judge_all
from mlops.app.printing import printed
from mlops.diagnostics import Diagnostic
from mlops.errors import ConfigurationError
from mlops.lower.inputs import Facts
from mlops.lower.project import lower
from mlops.plan.pipeline import PipelinePlan, Plan
from mlops.spec.library import Configuration
from mlops.spec.load import Loaded, load_pipeline, load_policy, load_project
from mlops.spec.project import Policy, Project


@dataclass(frozen=True)
class Workspace:
    """A repository whose YAML holds: nothing in it is wrong, everything in it is decided."""

    root: Path
    configuration: Configuration
    project: Project
    policy: Policy
    pipelines: dict[str, Loaded]
    plan: Plan

    def pipeline(self, name: str) -> PipelinePlan:
        """Find the plan of a pipeline that was loaded."""
        return next(pipeline for pipeline in self.plan.pipelines if pipeline.name == name)


def find_root(start: Path) -> Path:
    """Find the repository: the nearest folder upwards with `conf/project.yaml`.

    Raises:
        ConfigurationError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "conf" / "project.yaml").is_file():
            return folder
    raise ConfigurationError(
        f"{start}: no `conf/project.yaml` here or above", hint="change to the folder of the repository"
    )


def open_workspace(root: Path, names: Iterable[str] = ()) -> Workspace:
    """Read and check a repository; with `names`, only these pipelines.

    Raises:
        ConfigurationError: with every problem of every file, each at its place.
    """
    configuration = Configuration(root)
    project, found = load_project(configuration)
    policy, more = load_policy(configuration)
    problems = [*found, *more]
    pipelines: dict[str, Loaded] = {}
    for name in tuple(names) or configuration.options("pipeline"):
        loaded, found = load_pipeline(configuration, name)
        problems += found
        if loaded is not None:
            pipelines[name] = loaded
    if policy is not None:
        problems += judge_all(policy, project, pipelines)
    live = champions(configuration, tuple(pipelines), problems)
    if problems or project is None or policy is None:
        raise refuse(configuration, problems)
    facts = Facts(*fingerprints(root), champions=live)
    plan = lower(project, {name: loaded.spec for name, loaded in pipelines.items()}, facts, policy)
    return Workspace(root, configuration, project, policy, pipelines, plan)


def refuse(configuration: Configuration, problems: Iterable[Diagnostic]) -> ConfigurationError:
    """Make one error of many findings."""
    return ConfigurationError(printed(problems, configuration.sources), diagnostics=sorted(set(problems)))
