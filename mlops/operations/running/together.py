"""Run several pipelines side by side: each by a DVC of its own, which wait for each other only where they must.

Pipelines share no file, so the result is that of one after the other. One that fails stops no other.
"""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from mlops.errors import GateFailed, Inconclusive, MlopsError
from mlops.operations.integrity.standing import Standing, mended
from mlops.operations.planning.cost import seconds
from mlops.operations.processes.child import Child, end
from mlops.operations.processes.ending import interruptible
from mlops.operations.processes.times import about
from mlops.operations.running.run import Begun, concluded
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.workspace import Workspace

Tell = Callable[[str], None]
Begin = Callable[[Workspace, str, Standing], Begun]


@dataclass(frozen=True)
class Outcome:
    """What became of one pipeline: its verdict, or why it has none."""

    name: str
    verdict: Verdict | None = None
    error: MlopsError | None = None


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    crew = _Crew(workspace, jobs, tell, total=len(stale))
    outcomes |= crew.work({name: begin(workspace, name, found[name]) for name in stale})
    return [outcomes[name] for name in names]


def exit_code(outcomes: list[Outcome]) -> int:
    """Give the worst: an error (the greatest code of several), else 2 for a failed gate, else 7 for a doubtful one."""
    errors = [outcome.error.exit_code for outcome in outcomes if outcome.error is not None]
    verdicts = [outcome.verdict.error() for outcome in outcomes if outcome.verdict is not None]
    codes = {error.exit_code for error in verdicts if error is not None}
    for code in (GateFailed.exit_code, Inconclusive.exit_code):
        if not errors and code in codes:
            return code
    return max(errors, default=0)


@dataclass
class _Crew:
    """The pipelines that run at the moment, and those that wait for a place."""

    workspace: Workspace
    jobs: int
    tell: Tell
    total: int
    done: int = 0
    running: dict[str, Child] = field(default_factory=dict)
    rests: dict[str, bytes] = field(default_factory=dict)

    def work(self, begun: dict[str, Begun]) -> dict[str, Outcome]:
        """Run all; whoever ends makes room for the next."""
        outcomes: dict[str, Outcome] = {}
        waiting = list(begun)
        with interruptible(), ExitStack() as stack, selectors.DefaultSelector() as ready:
            stack.callback(self._end)
            while waiting or self.running:
                while waiting and len(self.running) < self.jobs:
                    name = waiting.pop(0)
                    self.running[name] = child = Child(begun[name].command, self.workspace.root, piped=True)
                    ready.register(child.output, selectors.EVENT_READ, name)
                for key, _ in ready.select():
                    if not self._listen(key.data, os.read(key.fd, 65536)):
                        ready.unregister(key.fileobj)
                        outcomes[key.data] = self._ended(begun[key.data])
        return outcomes

    def _listen(self, name: str, data: bytes) -> bool:
        """Tell the lines that are whole; gives False at the end."""
        *lines, rest = (self.rests.get(name, b"") + data).replace(b"\r", b"\n").split(b"\n")
        if not data and rest:
            lines, rest = [*lines, rest], b""
        for line in lines:
            _tell_line(self.tell, name, line)
        self.rests[name] = rest
        return bool(data)

    def _end(self) -> None:
        """End what still runs, all at the same time."""
        end(*self.running.values())
        for child in self.running.values():
            child.close()

    def _ended(self, begun: Begun) -> Outcome:
        with self.running.pop(begun.name) as child:
            code = child.wait()
        self.done += 1
        try:
            outcome = Outcome(begun.name, begun.ended(code))
        except MlopsError as error:
            outcome = Outcome(begun.name, error=error)
        how = "stopped" if outcome.verdict is None else outcome.verdict.verdict
        self.tell(f"{begun.name}: {how}, {self.done} of {self.total} done")
        return outcome


def _unrun(workspace: Workspace, name: str, standing: Standing) -> Outcome:
    """Say what becomes of one that has nothing to do, or cannot run."""
    if standing.refused is not None:
        return Outcome(name, error=standing.refused)
    try:
        return Outcome(name, concluded(workspace.root, name))
    except MlopsError as error:
        return Outcome(name, error=error)


def _tell_line(tell: Tell, name: str, line: bytes) -> None:
    text = line.decode("utf-8", "replace").rstrip()
    if text:
        tell(f"{name} | {text}")


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
