"""`.gitattributes` that fold compiled and recorded files away in a review."""

from __future__ import annotations

from mlops.backends.text import header
from mlops.plan.pipeline import Plan

_FOLDED = (
    "*/dvc.yaml",
    "*/dvc.lock",
    "*/params.yaml",
    "*/.gitignore",
    "*/reports/**",
    "*/comparisons/**",
)


def render(plan: Plan) -> dict[str, str]:
    """Write the attributes of the two folders that hold compiled files."""
    pipelines = "".join(f"{pattern} linguist-generated\n" for pattern in _FOLDED)
    files = {"pipelines/.gitattributes": header("conf/") + pipelines}
    if plan.workflows:
        files[".github/workflows/.gitattributes"] = header("conf/") + "mlops-*.yml linguist-generated\n"
    return files
