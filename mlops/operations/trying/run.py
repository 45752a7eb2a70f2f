"""`mlops try`: combinations of overrides, each trained in a copy and scored on validation; nothing recorded changes."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlops.documents.stage_end import StageEnd
from mlops.documents.trial import Trial
from mlops.errors import MlopsError
from mlops.files.alone import alone
from mlops.files.figures import figure, plural
from mlops.files.plain_yaml import Values
from mlops.operations.processes.ending import RUNNER
from mlops.operations.processes.reproducing import result_of
from mlops.operations.processes.side_by_side import Program, Tell, side_by_side
from mlops.operations.processes.times import about, durations
from mlops.operations.running.run import StageFailed
from mlops.operations.trying.combinations import Asked
from mlops.operations.trying.folder import Copies, last_run, lock_of
from mlops.operations.trying.results import find, keep, recorded_run
from mlops.operations.trying.stages import TRAIN, Work, focus, work

Log = Callable[[Trial, Path], bool]


@dataclass(frozen=True)
class Outcome:
    """What became of one combination, which counts from 1: a trial, or why there is none."""

    number: int
    values: Values
    trial: Trial | None = None
    error: MlopsError | None = None


@dataclass(frozen=True)
class Trials:
    """All that was tried at once, in the order of the combinations, and the last run as it is recorded."""

    pipeline: str
    outcomes: tuple[Outcome, ...]
    recorded: Trial | None = None
    about: frozenset[str] = frozenset()
    """The candidates that were trained; all where none is named."""


def try_out(asked: Asked, jobs: int, tell: Tell, log: Log) -> Trials:
    """Train what is not known yet of what is asked, at most `jobs` at a time; a trial that stops stops no other.

    Each is known by all that it is made of: one that was tried before is not trained again. `log` is told of each new
    one, with its course as a table, until it gives False: then nobody listens.
    """
    root, now, keys = asked.now.root, asked.now.pipeline(asked.name), asked.combinations[0].values
    recorded, candidates = last_run(root, now), focus(keys)
    works = [work(each.workspace.pipeline(now.name), candidates, recorded, keys) for each in asked.combinations]
    entries = [*enumerate(zip(asked.combinations, works, strict=True), 1)]
    wanted = {made.key: (str(number), each.values, made) for number, (each, made) in reversed(entries)}
    run = _Run(Copies(root, now), wanted, tell, log)
    with alone(lock_of(root, now.name), lambda: tell("waiting for other trials to end")):
        run.work(jobs)
    outcomes = (
        Outcome(number, each.values, run.trials.get(made.key), run.errors.get(made.key))
        for number, (each, made) in entries
    )
    return Trials(now.name, tuple(outcomes), recorded_run(root, now, recorded, keys), candidates)


@dataclass
class _Run:
    """The trials of one command by what they are called: the first number, the values and the work of each."""

    copies: Copies
    asked: dict[str, tuple[str, Values, Work]]
    tell: Tell
    log: Log
    logged: bool = True
    trials: dict[str, Trial] = field(default_factory=dict)
    errors: dict[str, MlopsError] = field(default_factory=dict)

    def work(self, jobs: int) -> None:
        """Prepare what trials share, then train those that are not known."""
        root, name = self.copies.root, self.copies.pipeline.name
        self.trials |= {key: known for key in self.asked if (known := find(root, name, key)) is not None}
        wanted = {number: made for number, _, made in reversed(self.asked.values()) if made.key not in self.trials}
        self.tell(_announced(len(self.asked), [*wanted.values()], jobs, durations(root, name).get(TRAIN)))
        shutil.rmtree(self.copies.place, ignore_errors=True)
        try:
            self._prepare(wanted, jobs)
            left = {number: made for number, made in wanted.items() if made.key not in self.errors}
            programs = {number: _program(self.copies.copy(made), TRAIN) for number, made in left.items()}
            begun, done = time.monotonic(), []

            def ended(number: str, code: int) -> None:
                done.append(number)
                self._trained(left[number], code)
                remaining = (time.monotonic() - begun) / len(done) * (len(left) - len(done))
                self.tell(f"{self._told(left[number])}, {len(done)} of {len(left)} done{_left(remaining)}")

            side_by_side(programs, jobs, self.tell, ended)
        finally:
            shutil.rmtree(self.copies.place, ignore_errors=True)

    def _prepare(self, wanted: dict[str, Work], jobs: int) -> None:
        """Make what stages before training make, once for all trials that share it."""
        shared = {made.prepared: (number, made) for number, made in reversed(wanted.items())}
        folders = {number: (self.copies.prepare(made), made) for number, made in shared.values()}
        programs = {number: _program(folder, *made.before) for number, (folder, made) in folders.items() if made.before}

        def ended(number: str, code: int) -> None:
            folder, made = folders[number]
            if code:
                stopped = _stopped(folder, code)
                self.errors |= {each.key: stopped for each in wanted.values() if each.prepared == made.prepared}

        side_by_side(programs, jobs, self.tell, ended)

    def _trained(self, made: Work, code: int) -> None:
        """Keep what a trial left, or why it left nothing."""
        folder, prepared = self.copies.folder(made.key), self.copies.folder(made.prepared)
        root, name = self.copies.root, self.copies.pipeline.name
        try:
            if code:
                raise _stopped(folder, code)
            seconds = durations(folder.parent.parent, name).get(TRAIN, 0.0)
            found = keep(root, name, made, self.asked[made.key][1], folder, prepared, seconds)
        except MlopsError as error:
            self.errors[made.key] = error
            return
        self.trials[made.key] = found
        self.logged = self.logged and self.log(found, folder / "reports/history.csv")

    def _told(self, made: Work) -> str:
        number, found = self.asked[made.key][0], self.trials.get(made.key)
        if found is None:
            return f"trial {number} stopped"
        value = found.candidates[found.chosen].validation.get(found.select_by)
        return f"trial {number}: {found.chosen}, validation {found.select_by} {figure(value, digits=4)}"


def _program(folder: Path, *stages: str) -> Program:
    command = [sys.executable, "-m", "mlops.operations.trying.process", *stages]
    return Program(command, folder, {**os.environ, RUNNER: "yes", "MLFLOW_TRACKING_URI": ""})


def _stopped(folder: Path, code: int) -> MlopsError:
    """Say why a copy's stages stopped, as the one that did said; one that was killed, or has a defect, says nothing."""
    ended = StageEnd.read(result_of(folder.parent.parent, folder.name))
    if ended is None or not ended.code:
        return StageFailed(f"{folder.name}: the trial ended before it was done", code=1, hint="read what it said above")
    return StageFailed(f"{folder.name}: {ended.stage} stopped: {ended.cause}", code=ended.code, hint=ended.next)


def _announced(count: int, wanted: list[Work], jobs: int, seconds: float | None) -> str:
    """Say how many trials there are, what runs for all of them, and about how long that takes."""
    tried = count - len(wanted)
    if not wanted:
        return f"{plural(count, 'trial')}, known from before: nothing to run"
    before = f", {tried} known from before" if tried else ""
    side = f", {min(jobs, len(wanted))} at a time" if len(wanted) > 1 else ""
    lasts = about(None if seconds is None else seconds * len(wanted) / min(jobs, len(wanted)))
    return f"{plural(count, 'trial')}{before}{side}{lasts}; {_reused(wanted)}"


def _reused(wanted: Iterable[Work]) -> str:
    """Name the stages that run once more before training, and those that do not."""
    stages = next(iter(wanted)).parameters
    runs = {stage for made in wanted for stage in made.before}
    again, kept = ([s for s in stages if s != TRAIN and (s in runs) is run] for run in (True, False))
    said = [f"{', '.join(kept)} as recorded"] if kept else []
    return "; ".join([*said, *([f"{', '.join(again)} run first"] if again else [])])


def _left(seconds: float) -> str:
    return f"{about(seconds)} left" if about(seconds) else ""
