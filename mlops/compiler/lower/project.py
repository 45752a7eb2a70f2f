"""A whole repository, lowered: pipelines, workflows, who reviews what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlops.compiler.lower.engine import lower_engine, lower_review
from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.owners import lower_owners
from mlops.compiler.lower.stages import lower_stages
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.policy import Policy
from mlops.configuration.project import Project
from mlops.plan.environment import EnvironmentPlan
from mlops.plan.pipeline import Deployed, Ownership, PipelinePlan, Plan
from mlops.targets import TARGETS, places
from mlops.targets.batch import BatchTarget


def lower(project: Project, pipelines: Mapping[str, Pipeline], facts: Facts, policy: Policy | None = None) -> Plan:
    """Decide everything about a repository; the same input gives the same plan."""
    plans = tuple(lower_pipeline(name, pipelines[name], project, facts) for name in sorted(pipelines))
    owners = {name: spec.owners for name, spec in pipelines.items()}
    ownership = () if policy is None else _owned(policy, owners, project)
    if project.ci.kind == "none":
        policy, ownership = None, ()  # nobody reads what would lie in .github/
    return Plan(
        project.name,
        plans,
        lower_engine(project, pipelines),
        ownership,
        _reviewed(policy, pipelines),
        facts.remote,
        project.tracking.uri,
        project.orchestrate,
        lower_review(project.ci),
        _environments(project),
    )


def _environments(project: Project) -> tuple[EnvironmentPlan, ...]:
    """Say in which order bundles are released; that nothing comes before one has to be written."""
    return tuple(
        EnvironmentPlan(name, each.after, name == project.live, each.after is None and "after" in each.model_fields_set)
        for name, each in project.environments.items()
    )


def _owned(policy: Policy, owners: Mapping[str, tuple[str, ...]], project: Project) -> tuple[Ownership, ...]:
    return lower_owners(policy, owners, live=project.live, install=project.ci.install, engines=project.engines)


def _reviewed(policy: Policy | None, pipelines: Mapping[str, Pipeline]) -> tuple[str, ...]:
    tiers = {} if policy is None else policy.risk
    return tuple(
        name for name, spec in sorted(pipelines.items()) if spec.risk in tiers and not tiers[spec.risk].own_gates
    )


def lower_pipeline(name: str, spec: Pipeline, project: Project, facts: Facts) -> PipelinePlan:
    """Decide everything about one pipeline."""
    deployed = dict(_deployed(spec))
    placed = any(target.manifests for target in deployed.values())
    return PipelinePlan(
        name=name,
        source=facts.sources.get(name, f"conf/pipeline/{name}.yaml"),
        description=spec.description,
        task=spec.task,
        owners=spec.owners,
        stages=lower_stages(name, spec, facts),
        targets={key: target.kind for key, target in sorted(spec.deploy.items())},
        tracking={"uri": project.tracking.uri, "experiment": name},
        rollouts=facts.rollouts.get(name, ()),
        batches=tuple(_places(spec)),
        deployed=deployed,
        live=facts.live.get(name, ()) if placed else (),
    )


def _places(spec: Pipeline) -> Iterator[tuple[str, str, str]]:
    """List where the batches of a pipeline that run in jobs of CI read and write."""
    for name, target in sorted(spec.deploy.items()):
        if isinstance(target, BatchTarget) and target.run_by == "actions":
            said = {"input": target.input, "output": target.output, "refused": target.refused}
            yield from ((name, key, place) for key, place in said.items() if place is not None)


def _deployed(spec: Pipeline) -> Iterator[tuple[str, Deployed]]:
    """Take the targets of kinds that have files of their own."""
    for key, target in sorted(spec.deploy.items()):
        if (kind := TARGETS.find(target.kind)) is None:
            continue
        render = kind.functions.get("render")
        manifests = kind.functions["manifests"] if places(kind, target) else None
        if render is not None or manifests is not None:
            said = target.model_dump(mode="json", exclude_defaults=True) | {"kind": target.kind}
            yield key, Deployed(target.kind, said, render, manifests)
