"""All workflows of a repository: only those that something in its configuration asks for."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.lower.workflows.asked import lower_retrain, lower_rollback
from mlops.lower.workflows.dependencies import lower_dependencies
from mlops.lower.workflows.main import lower_main
from mlops.lower.workflows.monitor import lower_monitor
from mlops.lower.workflows.pull_request import lower_pull_request
from mlops.lower.workflows.release import lower_release
from mlops.plan.workflow import Workflow
from mlops.spec.pipeline import Pipeline
from mlops.spec.project import Project


def lower_workflows(project: Project, pipelines: Mapping[str, Pipeline]) -> tuple[Workflow, ...]:
    """Decide every workflow: one that judges changes, one that audits, and what environments and monitors need.

    What a lock file pins moves as a whole, with the release of mlops that it belongs to: nothing else is audited.
    """
    if project.ci.kind == "none":
        return ()
    workflows = [lower_pull_request(project.ci, len(pipelines))]
    if project.ci.install == "make":
        workflows.append(lower_dependencies(project))
    if project.environments:
        workflows += [lower_main(project), lower_release(project), lower_rollback(project, pipelines)]
    watched = {name: spec.monitor for name, spec in pipelines.items() if spec.monitor is not None}
    retrained = sorted(name for name, monitor in watched.items() if monitor.retrain is not None)
    if watched:
        periods = {name: monitor.every for name, monitor in watched.items()}
        workflows.append(lower_monitor(project, periods, retrained))
    if retrained:
        workflows.append(lower_retrain(project, retrained))
    return tuple(workflows)
