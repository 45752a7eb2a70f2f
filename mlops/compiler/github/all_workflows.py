"""All workflows of a repository: only those that something in its configuration asks for."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.compiler.github.dependencies import lower_dependencies
from mlops.compiler.github.main import lower_main
from mlops.compiler.github.manual import lower_retrain, lower_rollback
from mlops.compiler.github.monitor import lower_monitor
from mlops.compiler.github.pull_request import lower_pull_request
from mlops.compiler.github.release import lower_release
from mlops.compiler.github.settings import lower_settings
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.plan.workflow import Workflow


def lower_workflows(project: Project, pipelines: Mapping[str, Pipeline]) -> tuple[Workflow, ...]:
    """Decide every workflow: one that judges changes, one that audits, and what environments and monitors need.

    None names a pipeline: which ones there are is asked when it runs. So two branches that each add one compile the
    same workflows, but where one of them is the first to be watched, so often, or to be trained again.

    What a lock file pins moves as a whole, with the release of mlops that it belongs to: nothing else is audited.
    """
    if project.ci.kind != "github":
        return ()
    workflows = [lower_pull_request(project.ci)]
    if project.ci.install == "make":
        workflows.append(lower_dependencies(project))
    if project.environments:
        workflows += [lower_main(project), lower_release(project), lower_rollback(project), lower_settings(project)]
    watched = [spec.monitor for spec in pipelines.values() if spec.monitor is not None]
    retrains = any(monitor.retrain is not None for monitor in watched)
    if watched:
        workflows.append(lower_monitor(project, {monitor.every for monitor in watched}, retrains=retrains))
    if retrains:
        workflows.append(lower_retrain(project))
    return tuple(workflows)
