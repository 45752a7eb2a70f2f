"""`CODEOWNERS`, in the folder of whose CI it is: who reviews a change, by path; the last pattern that matches holds."""

from __future__ import annotations

from mlops.backends.backend import backend
from mlops.files.compiled_text import header
from mlops.plan.pipeline import Plan


def render(plan: Plan) -> dict[str, str]:
    """Write a line per pattern; nothing where no policy was given."""
    if not plan.ownership:
        return {}
    lines = (f"{line.pattern} {' '.join(line.owners)}\n" for line in plan.ownership)
    return {
        f"{plan.ci.folder}/CODEOWNERS": header("conf/policy.yaml and the owners of conf/pipeline/") + "".join(lines)
    }


KIND = backend(__name__, __doc__, render, places=("FOLDER/CODEOWNERS",))
