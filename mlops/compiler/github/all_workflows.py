"""All workflows of a repository: only those that something in its configuration asks for."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.compiler.github.dependencies import lower_dependencies
from mlops.compiler.github.main import lower_main
from mlops.compiler.github.manual import lower_retrain, lower_rollback
from mlops.compiler.github.monitor import lower_monitor
from mlops.compiler.github.pull_request import lower_pull_request
from mlops.compiler.github.release import lower_release
from mlops.compiler.github.score import lower_score
from mlops.compiler.github.settings import lower_settings
from mlops.compiler.github.workflow import Step, Workflow
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.plan.engine import Call, Job
from mlops.targets.batch import BatchTarget
from mlops.targets.container import ContainerTarget

_ALONE = ("mlops-pr", "mlops-dependencies", "mlops-settings")  # these need nothing that another run left


def lower_github(project: Project, pipelines: Mapping[str, Pipeline]) -> tuple[tuple[Job, ...], tuple[Workflow, ...]]:
    """Decide all that GitHub runs: its jobs as every engine has them, and in GitHub's words."""
    workflows = lower_workflows(project, pipelines)
    return tuple(job for workflow in workflows for job in _neutral(workflow)), workflows


def lower_workflows(project: Project, pipelines: Mapping[str, Pipeline]) -> tuple[Workflow, ...]:
    """Decide every workflow: one that judges changes, one that audits, and what environments and monitors need.

    None names a pipeline: which ones there are is asked when it runs. So two branches that each add one compile the
    same workflows, but where one of them is the first to be watched or scored, so often, to be trained again, or to be
    pushed as an image.

    What a lock file pins moves as a whole, with the release of mlops that it belongs to: nothing else is audited.
    """
    workflows = [lower_pull_request(project.ci)]
    if project.ci.install == "make":
        workflows.append(lower_dependencies(project))
    targets = [target for spec in pipelines.values() for target in spec.deploy.values()]
    if project.environments:
        pushed = any(isinstance(target, ContainerTarget) and target.repository for target in targets)
        workflows += [lower_main(project, images=pushed), lower_release(project)]
        workflows += [lower_rollback(project), lower_settings(project)]
    watched = [spec.monitor for spec in pipelines.values() if spec.monitor is not None]
    retrains = any(monitor.retrain is not None for monitor in watched)
    if watched:
        workflows.append(lower_monitor(project, {monitor.every for monitor in watched}, retrains=retrains))
    if retrains:
        workflows.append(lower_retrain(project))
    batches = [target for target in targets if isinstance(target, BatchTarget) and target.run_by == "actions"]
    if batches:
        workflows.append(lower_score(project, {target.every for target in batches}))
    return tuple(workflows)


def _neutral(workflow: Workflow) -> tuple[Job, ...]:
    builds = workflow.name not in _ALONE
    return tuple(
        Job(workflow.name, job.name, job.runner, job.timeout, tuple(map(_call, job.steps)), builds)
        for job in workflow.jobs
    )


def _call(step: Step) -> Call:
    secrets = tuple(name for name, value in step.environment.items() if "secrets." in value)
    return Call(step.run, step.uses, tuple(step.environment), secrets)
