"""`.gitattributes`: which files a review folds away, and which Git hands out as they were written."""

from __future__ import annotations

from mlops.files.compiled_text import header
from mlops.plan.pipeline import Plan

PLACES = (".github/workflows/.gitattributes",)
_FOLDED = (
    "*/dvc.yaml",
    "*/dvc.lock",
    "*/params.yaml",
    "*/.gitignore",
    "*/reports/**",
    "*/comparisons/**",
)
# An entry is named by its bytes: no line end of it is converted, and no conflict is marked inside of it. It is not
# folded away: whoever reviews a decision sees its entry.
_KEPT = "*/ledger/** -text -merge\n"


def render(plan: Plan) -> dict[str, str]:
    """Write the attributes of the two folders that hold compiled files."""
    pipelines = "".join(f"{pattern} linguist-generated\n" for pattern in _FOLDED)
    files = {"pipelines/.gitattributes": header("conf/") + pipelines + _KEPT}
    if plan.workflows:
        files[".github/workflows/.gitattributes"] = header("conf/") + "mlops-*.yml linguist-generated\n"
    return files
