"""missing-input: a stage reads a file that nobody provides.

What: an input that no stage writes and that is neither the source nor the code of the pipeline; or a source in a folder
    that Git ignores.
Why: on another machine the file is absent, and the pipeline stops there.
Fix: put data into `pipelines/NAME/data/`, where Git or DVC keeps it.
Example: `source: {kind: csv, path: artifacts/rows.csv}`: Git ignores `artifacts/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.address import own_file
from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.graph import Placed, Writers, stages
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Stage

_MADE = ("artifacts", "reports")


def check(plan: Plan) -> Iterator[Finding]:
    """Find inputs without a writer."""
    placed = tuple(stages(plan))
    writers = Writers(placed)
    for stage in placed:
        theirs = _provided(stage.stage)
        for path, full in zip(stage.stage.inputs, stage.inputs, strict=True):
            made = path.split("/", maxsplit=1)[0].casefold() in _MADE
            if (made or path not in theirs) and not writers.any(full):
                yield _finding(stage, path, source=path in theirs)


def _provided(stage: Stage) -> frozenset[str]:
    """List the inputs that people put there: sources, and modules of their own."""
    reads = stage.section if stage.name == "ingest" else {}
    sources = [reads.get("source", {}), *(joined.get("source", {}) for joined in reads.get("join", ()))]
    sources += [reads.get("test", {})]
    paths = [part.get("path", "") for source in sources for part in (source, *source.get("beside", ()))]
    paths += [image.get("folder") or "" for image in reads.get("images", {}).values()]
    candidates = stage.section.get("candidates", {}) if stage.name in ("tune", "train") else {}
    kinds = [str(model.get(key, "")) for model in candidates.values() for key in ("kind", "use")]
    held = stage.section if stage.name == "validate" else {}
    kinds += [str(check.get("use", "")) for check in held.get("checks", ())]
    own = stage.section.get("own", {}) if stage.name == "evaluate" else {}
    kinds += [str(metric.get("use", "")) for metric in own.values()]
    paths += stage.section.get("files", ()) if "use" in stage.section else ()
    paths += [(held.get("drift") or {}).get("reference", "")]
    return frozenset((*paths, *(own_file(kind) for kind in kinds if ":" in kind)))


def _finding(stage: Placed, path: str, *, source: bool) -> Finding:
    if source:
        message = f"`{path}` lies in a folder that Git ignores, and no stage writes it"
        hint = f"put the data into pipelines/{stage.pipeline}/data/"
        return Finding(("data", "source", "path"), message, hint, "missing-input", "error", stage.pipeline)
    message = f"the stage {stage.name} reads `{path}`, which no stage writes"
    return Finding((), message, "let a stage write it", "missing-input", "error", stage.pipeline)
