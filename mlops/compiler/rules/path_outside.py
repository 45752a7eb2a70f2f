"""path-outside: a path leaves its pipeline's folder, or enters one that Git, GitHub or DVC own.

What: an input or output that is absolute, climbs with `..`, starts with `~`, has a drive, a backslash or unseen
    characters, leads over a symbolic link out of the folder, or lies in `.git`, `.github` or `.dvc` (in any spelling).
Why: a stage that may write anywhere can replace the workflow that judges it.
Fix: put the file into `pipelines/NAME/` and name it relative to that folder.
Example: `source: {kind: csv, path: ../../.github/workflows/ci.yml}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from mlops.compiler.rules.finding import Finding, Key
from mlops.files.relative import trouble
from mlops.plan.pipeline import PipelinePlan

_trouble = lru_cache(maxsize=1 << 12)(trouble)  # pipelines have most of their paths in common


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find paths that are not plain ones inside the folder."""
    for stage in pipeline.stages:
        key: Key = ("data", "source", "path") if stage.name == "ingest" else ()
        for path in (*stage.inputs, *(output.path for output in stage.outputs)):
            if (why := _trouble(path)) is not None:
                message = f"the path {path!r} of the stage {stage.name} {why}"
                hint = f"name a file inside {pipeline.folder}/, relative to it"
                yield Finding(key, message, hint, "path-outside", "error")
