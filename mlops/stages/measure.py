"""`mlops stage measure`: what serving costs, in fresh processes; and beside the live model, in turns.

What the server itself and its image cost is looked at only where a rule names it.

The one stage whose bytes differ from run to run, for it reads a clock: what it wrote stays what is judged, and DVC
takes it for up to date, until the model or the way of measuring changes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from mlops.blocks.block import Items
from mlops.blocks.serving import Serving
from mlops.bundle import manifest, timing
from mlops.bundle.contents import Contents
from mlops.bundle.predictor import Predictor
from mlops.documents.document import Part
from mlops.documents.profile import Profile
from mlops.documents.serving import ServingReport
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file, dumps, rounded
from mlops.gate_rules import SERVING
from mlops.gate_rules.serving_cost import Served, ServingCost
from mlops.gate_rules.serving_cost import Subject as Looked
from mlops.stages import golden_rows, server_cost
from mlops.stages.context import Section

if TYPE_CHECKING:
    from mlops.bundle.table import Row
    from mlops.stages.context import StageContext

Measured = dict[str, list[float | None]]
"""A value for each repetition, by quantity."""
_CYCLES = 4  # of the turns A B B A
_WARM_UP = 20
_BUNDLE = "artifacts/bundle"
_FILES = ("transform.json", "model.onnx")
_ROWS = 64  # different rows that requests are made of


class Params(Section, Serving):
    """The `measure` section of params.yaml; `asked` is what rules name beside the model."""

    asked: Items[Looked] = ()


@dataclass(frozen=True)
class Subject:
    """A model to measure: the command that serves it, and the bytes of its files; its bundle, and a row to ask."""

    command: tuple[str, ...]
    size: int
    bundle: Path = Path()
    row: Row | None = None


@dataclass(frozen=True)
class Asked:
    """What is looked at beside a process that holds the model, and the bytes of an image without a bundle."""

    subjects: tuple[Looked, ...] = ()
    runtime: int | None = None


_NOTHING = Asked()


@dataclass
class _Process:
    """A started subject and what it told so far."""

    process: subprocess.Popen[str]
    cold_start: float
    requests: list[float] = field(default_factory=list)
    batches: list[float] = field(default_factory=list)
    peak: int | None = None

    def ask(self, wanted: Mapping[str, int]) -> tuple[float, ...]:
        if self.process.stdin is None or self.process.stdout is None:
            raise InfrastructureError("a process that is measured has no pipes")
        with suppress(BrokenPipeError):  # of a process that has ended, there is nothing to read either
            self.process.stdin.write(json.dumps(wanted) + "\n")
            self.process.stdin.flush()
        told = _read(self.process)
        self.peak = told.peak_bytes
        return told.seconds

    def seen(self, batch: int, size: int) -> Served:
        return Served(self.cold_start, self.requests, self.batches, batch, self.peak, size)


def run(context: StageContext) -> None:
    """Write reports/serving.json."""
    params = Params.model_validate(context.params)
    report = measured(context, params, {})
    write_text(context.path("reports/serving.json"), report.dumps())
    median = sorted(value or 0.0 for value in report.repetitions["candidate"]["latency_p50"])[params.repetitions // 2]
    context.say(f"{1000 * median:.3g} ms a row, {params.repetitions} repetitions")


def measured(context: StageContext, params: Params, champion: Mapping[str, Path]) -> ServingReport:
    """Measure what serving the candidate costs, and the live model beside it: {digest: folder of its bundle}."""
    with tempfile.TemporaryDirectory() as folder:
        bundles = {"candidate": context.path(_BUNDLE), **dict(zip(("champion",), champion.values(), strict=False))}
        subjects = {name: _subject(name, bundle, params.batch, Path(folder)) for name, bundle in bundles.items()}
        more = Asked(params.asked, _runtime(context) if "image" in params.asked else None)
        repetitions = measure(subjects, params.repetitions, params.requests, params.batch, more)
    return ServingReport(
        schema_version=1,  # said, because a comparison holds it as a part
        bundle=digest_file(context.path(f"{_BUNDLE}/{manifest.NAME}")),
        inputs={name: digest_file(context.path(f"{_BUNDLE}/{name}")) for name in _FILES},
        champion=next(iter(champion), None),
        units={name: kind.unit for name, kind in _quantities(params.asked).items()},
        repetitions=rounded(repetitions),
    )


def _quantities(asked: Sequence[Looked]) -> dict[str, ServingCost]:
    return {name: kind for name, kind in SERVING.items() if kind.of == "model" or kind.of in asked}


def measure(
    subjects: Mapping[str, Subject], repetitions: int, requests: int, batch: int, asked: Asked = _NOTHING
) -> dict[str, Measured]:
    """Measure subjects side by side; {subject: {quantity: [a value for each repetition]}}."""
    for subject in subjects.values():  # the first start of all reads files that later ones find in memory
        with _started(subject):
            pass
    kinds = _quantities(asked.subjects)
    found: dict[str, Measured] = {name: {key: [] for key in kinds} for name in subjects}
    for repetition in range(repetitions):
        names = list(subjects) if repetition % 2 == 0 else list(subjects)[::-1]
        with ExitStack() as stack:
            running = {name: stack.enter_context(_started(subjects[name])) for name in names}
            _take_turns(list(running.values()), requests)
        for name, process in running.items():
            seen = _beside(process.seen(batch, subjects[name].size), subjects[name], asked)
            for key, kind in kinds.items():
                found[name][key].append(kind(seen))
    return found


def _beside(seen: Served, subject: Subject, asked: Asked) -> Served:
    """Add what the server of a model, and its image, were seen to cost, where that is asked."""
    if asked.runtime is not None:
        seen = seen._replace(image=server_cost.image(subject.bundle, asked.runtime))
    if "server" not in asked.subjects:
        return seen
    started = server_cost.start(subject.bundle, subject.row)
    return seen._replace(server_start=started.cpu, server_memory=started.memory)


def _runtime(context: StageContext) -> int | None:
    """Lay out the image of a server; a machine where that cannot be done decides nothing, and says why."""
    try:
        return server_cost.runtime()
    except InfrastructureError as error:
        context.say(error.message)
        return None


def _take_turns(running: Sequence[_Process], requests: int) -> None:
    for process in running:
        process.ask({"requests": _WARM_UP, "batches": 1})
    turn = -(-requests // (2 * _CYCLES))
    for _ in range(_CYCLES):
        for process in (*running, *reversed(running)):
            process.requests += process.ask({"requests": turn})
            process.batches += process.ask({"batches": 1})


@contextmanager
def _started(subject: Subject) -> Iterator[_Process]:
    """Start a process and wait for its first answer; it ends with the block."""
    started = perf_counter()
    process = subprocess.Popen(subject.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        _read(process)
        yield _Process(process, perf_counter() - started)
    finally:
        process.kill()
        process.communicate()


class _Told(Part):
    """What a process says: that it is ready, or how long it took and the most memory it held."""

    seconds: tuple[float, ...] = ()
    peak_bytes: int | None = None


def _read(process: subprocess.Popen[str]) -> _Told:
    line = "" if process.stdout is None else process.stdout.readline()
    if not line:
        raise InfrastructureError("a process that was to be measured ended early", hint="its own message stands above")
    return _Told.model_validate_json(line)


def _subject(name: str, bundle: Path, batch: int, folder: Path) -> Subject:
    """Leave requests that fit a bundle, made as its golden rows are, and name the command that answers them."""
    contents = Contents.read(bundle)
    if "profile.json" not in contents.files:  # a bundle of version 1 need not have one
        said = f"the bundle {contents.digest[:19]}… has no profile to make requests from"
        raise IntegrityError(said, hint="release one that has, or take the rule over its cost away")
    profile = Profile.parse(contents.files["profile.json"])
    rows = golden_rows.make(Predictor.load(contents), profile, _ROWS).rows
    (folder / f"{name}.json").write_text(dumps({"rows": list(rows), "batch": batch}), encoding="utf-8")
    command = (sys.executable, "-P", "-m", timing.__name__, str(bundle), str(folder / f"{name}.json"))
    return Subject(command, sum(len(contents.files[file]) for file in _FILES), bundle, rows[0])
