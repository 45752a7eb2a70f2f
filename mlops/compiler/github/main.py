"""The workflow of the main branch: what was merged is registered, recorded, and proposed where it may go live.

What is privileged runs the code that main was at before; what runs the pipelines' own code may only read. They are
joined by digests::

    before ──► take ──► make ──► register
    (whose      (finds,   (own      (judges again, registers,
     code)       takes)    code)     signs, pushes, proposes)
"""

from __future__ import annotations

from mlops.compiler.github.common_steps import confidential
from mlops.compiler.github.judges import before
from mlops.compiler.github.make import make
from mlops.compiler.github.register import register
from mlops.compiler.github.take import take
from mlops.compiler.github.workflow import Workflow
from mlops.configuration.project import Project


def lower_main(project: Project) -> Workflow:
    """Decide the workflow that follows a merge; runs wait for each other, and each takes up the newest commit."""
    settings = project.ci
    makes = () if confidential(settings) else (make(settings),)
    return Workflow(
        name="mlops-main",
        title="Main",
        triggers={"push": {"branches": [settings.branch]}, "workflow_dispatch": {}},
        concurrency="mlops-main",
        cancel="",
        jobs=(before(settings), take(settings), *makes, register(project)),
    )
