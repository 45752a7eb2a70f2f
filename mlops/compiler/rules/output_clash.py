"""output-clash: two stages write the same file.

What: an output of one stage is, or lies inside, an output of another one, or a compiled file, letter case aside.
Why: the later run would replace the earlier one's result; on Windows and macOS `Model` and `model` are one folder.
Fix: give one of the two another name.
Example: two stages that write `artifacts/model` and `artifacts/Model`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.graph import Placed, plain, stages
from mlops.plan.pipeline import Plan

_COMPILED = ("dvc.yaml", "dvc.lock", "params.yaml", ".gitignore")


def check(plan: Plan) -> Iterator[Finding]:
    """Find outputs that would replace each other."""
    owners: dict[str, str] = {}
    for folder in ("", *(f"{pipeline.folder}/" for pipeline in plan.pipelines)):
        owners |= {plain(f"{folder}{name}"): "the compiler" for name in _COMPILED}
    written = [(plain(path), path, placed) for placed in stages(plan) for path in placed.outputs]
    open_folders: list[tuple[str, str]] = []
    for folded, path, placed in sorted(written, key=lambda item: (item[0].split("/"), item[1])):
        while open_folders and folded != open_folders[-1][0] and not folded.startswith(f"{open_folders[-1][0]}/"):
            open_folders.pop()
        other = open_folders[-1][1] if open_folders else owners.get(folded)
        if other is not None:
            yield _finding(path, placed, other)
        open_folders.append((folded, f"the stage {placed.name}"))


def _finding(path: str, placed: Placed, other: str) -> Finding:
    message = f"the stage {placed.name} writes `{path}`, which {other} writes too"
    return Finding((), message, "give one of the two another name", "output-clash", "error", placed.pipeline)
