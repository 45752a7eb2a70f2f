"""`CODEOWNERS`, in the folder of whose CI it is: who reviews a change, by path; the last pattern that matches holds."""

from __future__ import annotations

from mlops.files.compiled_text import header
from mlops.plan.pipeline import Plan

PLACES = (".github/CODEOWNERS", ".gitlab/CODEOWNERS")


def render(plan: Plan) -> dict[str, str]:
    """Write a line per pattern; nothing where no policy was given."""
    if not plan.ownership:
        return {}
    folder = ".gitlab" if plan.review is not None and plan.review.engine == "gitlab" else ".github"
    lines = (f"{line.pattern} {' '.join(line.owners)}\n" for line in plan.ownership)
    return {f"{folder}/CODEOWNERS": header("conf/policy.yaml and the owners of conf/pipeline/") + "".join(lines)}
