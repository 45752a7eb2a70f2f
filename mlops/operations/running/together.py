"""Run several pipelines side by side: each by a DVC of its own, which wait for each other only where they must.

Pipelines share no file, so the result is that of one after the other. One that fails stops no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlops.errors import GateFailed, Inconclusive, MlopsError
from mlops.operations.integrity.standing import Standing, mended
from mlops.operations.planning.cost import seconds
from mlops.operations.processes.side_by_side import Program, Tell, side_by_side
from mlops.operations.processes.times import about
from mlops.operations.running.run import Begun, concluded
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.workspace import Workspace

Begin = Callable[[Workspace, str, Standing], Begun]


@dataclass(frozen=True)
class Outcome:
    """What became of one pipeline: its verdict, or why it has none."""

    name: str
    verdict: Verdict | None = None
    error: MlopsError | None = None


def run_together(
    workspace: Workspace, names: tuple[str, ...], jobs: int, tell: Tell, begin: Begin = Begun.of
) -> list[Outcome]:
    """Reproduce what is stale of several pipelines, at most `jobs` at a time, and read their verdicts.

    What they print is told line by line with the pipeline's name before it. Outcomes come in the order of `names`.
    """
    found = mended(workspace, names)
    for name in names:
        for item in found[name].damage:
            tell(f"{name}: {item.told}")
    outcomes = {name: _unrun(workspace, name, found[name]) for name in names if found[name].unrun}
    stale = sorted((name for name in names if name not in outcomes), key=lambda name: _size(workspace, name, found))
    if stale:
        tell(_announcement(workspace, found, stale, jobs))
    begun = {name: begin(workspace, name, found[name]) for name in stale}
    ended: dict[str, Outcome] = {}

    def end(name: str, code: int) -> None:
        ended[name] = outcome = _ended(begun[name], code)
        how = "stopped" if outcome.verdict is None else outcome.verdict.verdict
        tell(f"{name}: {how}, {len(ended)} of {len(stale)} done")

    side_by_side({name: Program(run.command, workspace.root) for name, run in begun.items()}, jobs, tell, end)
    return [(outcomes | ended)[name] for name in names]


def exit_code(outcomes: list[Outcome]) -> int:
    """Give the worst: an error (the greatest code of several), else 2 for a failed gate, else 7 for a doubtful one."""
    errors = [outcome.error.exit_code for outcome in outcomes if outcome.error is not None]
    verdicts = [outcome.verdict.error() for outcome in outcomes if outcome.verdict is not None]
    codes = {error.exit_code for error in verdicts if error is not None}
    for code in (GateFailed.exit_code, Inconclusive.exit_code):
        if not errors and code in codes:
            return code
    return max(errors, default=0)


def _ended(begun: Begun, code: int) -> Outcome:
    try:
        return Outcome(begun.name, begun.ended(code))
    except MlopsError as error:
        return Outcome(begun.name, error=error)


def _unrun(workspace: Workspace, name: str, standing: Standing) -> Outcome:
    """Say what becomes of one that has nothing to do, or cannot run."""
    if standing.refused is not None:
        return Outcome(name, error=standing.refused)
    try:
        return Outcome(name, concluded(workspace.root, name))
    except MlopsError as error:
        return Outcome(name, error=error)


def _announcement(workspace: Workspace, found: dict[str, Standing], stale: list[str], jobs: int) -> str:
    known = [seconds(workspace.root, name, list(found[name].stale)) for name in stale]
    durations = [value for value in known if value is not None]
    length = max(sum(durations) / jobs, *durations) if len(durations) == len(stale) else None
    many = f"{len(stale)} pipelines to run" if len(stale) > 1 else "1 pipeline to run"
    side = f", {min(jobs, len(stale))} at a time" if len(stale) > 1 else ""
    return f"{many}{side}{about(length)}"


def _size(workspace: Workspace, name: str, found: dict[str, Standing]) -> tuple[float, int, str]:
    """Order pipelines so that the longest begins first: by their last durations here, else by the data they read."""
    known = seconds(workspace.root, name, list(found[name].stale))
    pipeline = workspace.pipeline(name)
    read = (workspace.root / pipeline.folder / path for path in pipeline.stage("ingest").inputs)
    size = sum(path.stat().st_size for path in read if path.is_file())
    return (float("-inf") if known is None else -known, -size, name)
