"""The workflow of the main branch: what was merged is registered, recorded, and proposed where it may go live.

What is privileged runs the code that main was at before; what runs the pipelines' own code may only read. They are
joined by digests::

    before ──► take ──► make ──► register ──► image
    (whose      (finds,   (own      (judges again, registers,   (builds, pushes,
     code)       takes)    code)     signs, pushes, proposes)    attests)

The last is there where a container is pushed (`deploy: {NAME: {kind: container, repository: ...}}`).
"""

from __future__ import annotations

from mlops.compiler.github.common_steps import confidential
from mlops.compiler.github.image import image
from mlops.compiler.github.judges import before
from mlops.compiler.github.make import make
from mlops.compiler.github.register import register
from mlops.compiler.github.take import take
from mlops.compiler.github.workflow import Workflow
from mlops.configuration.project import Project


def lower_main(project: Project, *, images: bool = False) -> Workflow:
    """Decide the workflow that follows a merge; runs wait for each other, and each takes up the newest commit.

    With `images` those of what was registered are built and pushed, where no bundle is handed on that is confidential.
    """
    settings = project.ci
    makes = () if confidential(settings) else (make(settings),)
    builds = (image(settings),) if images and not confidential(settings) else ()
    return Workflow(
        name="mlops-main",
        title="Main",
        triggers={"push": {"branches": [settings.branch]}, "workflow_dispatch": {}},
        concurrency="mlops-main",
        cancel="",
        jobs=(before(settings), take(settings), *makes, register(project, images=images), *builds),
    )
