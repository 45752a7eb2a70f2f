"""`gates/<pipeline>.yaml` in the folder of whose CI it is: rules that only the policy's owners may change.

The stage never reads it. It lies where CODEOWNERS asks the policy's owners, so that a bound cannot move without them,
whoever owns the file in which it is written.
"""

from __future__ import annotations

from mlops.backends.backend import backend
from mlops.files.compiled_text import document
from mlops.plan.gate import rules_of
from mlops.plan.pipeline import Plan


def render(plan: Plan) -> dict[str, str]:
    """Write the rules of every pipeline whose tier has them reviewed."""
    return {
        f"{plan.ci.folder}/gates/{pipeline.name}.yaml": document(
            pipeline.source, rules_of(pipeline.stage("gate").section)
        )
        for pipeline in plan.pipelines
        if pipeline.name in plan.reviewed
    }


KIND = backend(__name__, __doc__, render, places=("FOLDER/gates/*.yaml",))
