"""A repository opened: its YAML read, its facts looked up, its plan made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.configuration.environment import LIVE
from mlops.configuration.load import Loaded, load_policy, load_project, load_typed, unknown
from mlops.configuration.load import names as pipeline_names
from mlops.configuration.policy import Policy
from mlops.configuration.project import Project
from mlops.configuration.reading.fleet import Fleet, read_fleets
from mlops.configuration.reading.library import Configuration
from mlops.diagnostics import Diagnostic, render
from mlops.errors import ConfigurationError
from mlops.files.without_gc import uncollected
from mlops.operations.declared import accepted, own_stages, unknown_columns
from mlops.operations.declared.champions import champions
from mlops.operations.declared.plugins import explained
from mlops.operations.declared.policy import judge_all
from mlops.operations.declared.released import released
from mlops.operations.declared.rollouts import rollouts
from mlops.operations.declared.teams import owned
from mlops.operations.declared.waivers import waivers
from mlops.operations.digests.code import fingerprints
from mlops.operations.dvc.remote import remote
from mlops.plan.interning import share
from mlops.plan.pipeline import PipelinePlan, Plan


@dataclass(frozen=True)
class Workspace:
    """A repository whose YAML holds: nothing in it is wrong, everything in it is decided."""

    root: Path
    configuration: Configuration
    project: Project
    policy: Policy
    pipelines: dict[str, Loaded]
    plan: Plan
    champions: dict[str, str] = field(default_factory=dict)
    """The bundle that is live, by pipeline; nothing in the plan depends on it."""

    def pipeline(self, name: str) -> PipelinePlan:
        """Find the plan of a pipeline that was loaded."""
        return next(pipeline for pipeline in self.plan.pipelines if pipeline.name == name)


@uncollected()
def open_workspace(root: Path, names: tuple[str, ...] = (), configuration: Configuration | None = None) -> Workspace:
    """Read and check a repository; with `names`, only these pipelines.

    A `configuration` is that of a change which nobody wrote yet, as of a trial.

    Raises:
        ConfigurationError: with every problem of every file, each at its place.
    """
    configuration = configuration or Configuration(root)
    project, found = load_project(configuration)
    policy, more = load_policy(configuration)
    problems = [*found, *more]
    pipelines: dict[str, Loaded] = {}
    typed: dict[str, Loaded] = {}
    fleets = read_fleets(configuration) if not names else Fleet({})
    problems += fleets.diagnostics
    for name in names or pipeline_names(configuration):
        loaded, found = load_typed(configuration, name)
        problems += found
        if loaded is None:
            continue
        typed[name] = loaded
        if found:
            continue
        if policy is not None:
            loaded, found = owned(policy, loaded)
            problems += found
        if loaded is not None:
            pipelines[name] = loaded
    if policy is not None:
        problems += judge_all(policy, project, pipelines)
    live = champions(configuration, LIVE if project is None else project.live, tuple(pipelines), problems)
    waived = waivers(configuration, pipelines, problems)
    problems += accepted.wrong(configuration, pipelines)
    problems += own_stages.wrong(pipelines)
    traffic = rollouts(configuration, tuple(pipelines), problems)
    if problems or project is None or policy is None:
        problems = unknown_columns.with_unknown(root, typed, problems)  # `findings` has them where all else holds
        raise refuse(configuration, explained(policy, problems))
    known = fingerprints(root)
    facts = Facts(
        known.code,
        known.libraries,
        waivers=waived,
        leaks=accepted.leaks(configuration, pipelines),
        rollouts=traffic,
        live=released(configuration, pipelines),
        sources=_sources(pipelines),
        files=own_stages.files(root, pipelines),
        remote=remote(root),
    )
    plan = share(lower(project, {name: loaded.spec for name, loaded in pipelines.items()}, facts, policy))
    return Workspace(root, configuration, project, policy, pipelines, plan, live)


def known(configuration: Configuration, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names back, or those of all pipelines where there are none.

    Raises:
        ConfigurationError: there is no pipeline of one of these names.
    """
    problems = [found for name in names for found in unknown(configuration, name)]
    if problems:
        raise refuse(configuration, problems)
    return names or pipeline_names(configuration)


def _sources(pipelines: dict[str, Loaded]) -> dict[str, str]:
    """Name the file that people edit where it is not the pipeline's own: a row of a fleet."""
    last = {name: loaded.layers[-1].document.file for name, loaded in pipelines.items()}
    return {name: file for name, file in last.items() if file.startswith("conf/fleet/")}


def refuse(configuration: Configuration, problems: Iterable[Diagnostic]) -> ConfigurationError:
    """Make one error of many findings."""
    return ConfigurationError(render(problems, configuration.sources), diagnostics=sorted(set(problems)))
