"""cycle: stages wait for each other, or a source is read from what the pipeline itself writes.

What: following who reads what, one comes back to where one began.
Why: none of these stages could ever run first.
Fix: read the data from a file that no stage writes, such as `data/rows.csv`.
Example: `source: {kind: parquet, path: artifacts/valid.parquet}`; `validate` writes that file from what `ingest` read.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.graph import Placed, Writers, stages
from mlops.plan.pipeline import Plan


def check(plan: Plan) -> Iterator[Finding]:
    """Find one cycle, if there is any."""
    placed = {stage.name: stage for stage in stages(plan)}
    writers = Writers(tuple(placed.values()))
    before = {name: _before(stage, writers) for name, stage in placed.items()}
    if _in_order(before):
        return
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))
        first = next((placed[name] for name in ring if placed[name].stage.name == "ingest"), placed[ring[0]])
        message = f"stages wait for each other: {' → '.join(ring)}"
        hint = "read the data from a file that no stage writes, such as `data/rows.csv`"
        key = ("data", "source", "path") if first.stage.name == "ingest" else ()
        yield Finding(key, message, hint, "cycle", "error", first.pipeline)


def _in_order(before: dict[str, set[str]]) -> bool:
    """Tell whether every stage stands after those it waits for, as plans have them: then there is no cycle."""
    seen: set[str] = set()
    for name, others in before.items():
        if not others <= seen:
            return False
        seen.add(name)
    return True


def _before(stage: Placed, writers: Writers) -> set[str]:
    return {writer.name for path in stage.inputs for writer in writers.of(path)}
