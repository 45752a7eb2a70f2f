"""What a search for parameters will cost, where a run makes one: one that was made before is kept."""

from __future__ import annotations

from pathlib import Path

from mlops.files.figures import plural
from mlops.plan.stage import Stage
from mlops.stages.declare.tune import REPORT, TUNE


def trials(stage: Stage, folder: Path) -> tuple[str, ...]:
    """Count the trials of a stage that runs: none of a stage that searches nothing, or where a search is kept."""
    if stage.name != TUNE.name or (stage.section["when"] == "asked" and (folder / REPORT).is_file()):
        return ()
    return (plural(sum(stage.section["trials"].values()), "trial"),)
