"""`.github/CODEOWNERS`: who must review a change, by path; the last pattern that matches holds."""

from __future__ import annotations

from mlops.compiler.backends.text import header
from mlops.plan.pipeline import Plan

PATH = ".github/CODEOWNERS"
PLACES = (PATH,)


def render(plan: Plan) -> dict[str, str]:
    """Write a line per pattern; nothing where no policy was given."""
    if not plan.ownership:
        return {}
    lines = (f"{line.pattern} {' '.join(line.owners)}\n" for line in plan.ownership)
    return {PATH: header("conf/policy.yaml and the owners of conf/pipeline/") + "".join(lines)}
