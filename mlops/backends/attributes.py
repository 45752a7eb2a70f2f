"""`.gitattributes`: which files a review folds away, and which Git hands out as they were written."""

from __future__ import annotations

from mlops.backends.backend import backend
from mlops.files.compiled_text import header
from mlops.plan.pipeline import Plan

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
    """Write the attributes of the folder that holds compiled files."""
    pipelines = "".join(f"{pattern} linguist-generated\n" for pattern in _FOLDED)
    return {"pipelines/.gitattributes": header("conf/") + pipelines + _KEPT}


KIND = backend(__name__, __doc__, render)
