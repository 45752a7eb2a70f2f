"""What the jobs of a pull request left behind, read as somebody else's data: bounded and typed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from mlops.blocks.block import Name
from mlops.errors import IntegrityError
from mlops.operations.reviewing.artifacts import Place
from mlops.verdict import DEFERRED, Tally, Verdict, held, state, tally, title

_LARGEST = 64 * 2**20
ENDED = (0, 2, 7)  # how `mlops run` ends when every stage ended


class _Read(BaseModel, extra="ignore", frozen=True):
    pass


class Waived(_Read):
    """Who let a rule be missed, until when, and why."""

    owner: str
    approver: str
    expires: str
    reason: str


class Rule(_Read):
    """One result of a gate."""

    metric: str
    against: str = "value"
    by: str | None = None
    of: str | None = None
    under: str | None = None
    slice: str | None = None
    bound: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    verdict: Literal["pass", "fail", "inconclusive", "deferred"]
    mode: Literal["block", "warn"] = "block"
    applicable: bool = True
    sentence: str = ""
    waived: Waived | None = None
    claimed: bool = False

    @property
    def state(self) -> str:
        """The verdict of a rule that applies; `waived` or `skipped` where it does not count."""
        return state(self.model_dump())

    @property
    def title(self) -> str:
        """What the rule is about."""
        return title(self.model_dump())


class Gate(_Read):
    """`reports/gate.json`, or `judged.json`, which is of the rules over the live model too."""

    said: Verdict = Field(alias="verdict")
    rules: tuple[Rule, ...] = ()
    champion: str | None = None
    framework: tuple[str, ...] = ()
    """The files of the program that the change moves, where its rows are those that its own version makes."""

    @property
    def verdict(self) -> Verdict:
        """The verdict, which is never better than what its rules come to."""
        return held(self.said, [rule.model_dump() for rule in self.rules])

    @property
    def tally(self) -> Tally:
        """How many rules came to what."""
        return tally(rule.model_dump() for rule in self.rules)

    @property
    def whole(self) -> Gate:
        """Take a pass for doubt where rules were never judged; what a change claims waits for its merge."""
        waiting = any(rule.state == DEFERRED and not rule.claimed for rule in self.rules)
        return self.model_copy(update={"said": "inconclusive"}) if self.verdict == "pass" and waiting else self


class Figure(_Read):
    """A metric with its interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class Metrics(_Read):
    """`reports/metrics.json`: figures by model and metric."""

    models: dict[str, dict[str, Figure]] = Field(default_factory=dict)


class Key(_Read):
    """A key of the configuration that changed."""

    key: str
    before: Any = None
    after: Any = None
    where: str = ""


class Stage(_Read):
    """A stage of a plan."""

    name: str
    runs: bool
    reasons: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()


class Change(_Read):
    """What a plan says of one pipeline."""

    name: Name
    keys: tuple[Key, ...] = ()
    stages: tuple[Stage, ...] = ()
    verifies: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None


class PlanRead(_Read):
    """`mlops plan -o json`."""

    schema_version: Literal[1]
    base: str | None = None
    affected: tuple[Name, ...]
    pipelines: tuple[Change, ...]


class Judged(_Read):
    """What is known of an affected pipeline after its job; `gate` is None where no stage came to a verdict."""

    change: Change
    gate: Gate | None = None
    metrics: Metrics = Metrics()
    exit_code: int | None = None


Read = TypeVar("Read", bound=_Read)


def read_plan(folder: Path) -> PlanRead | None:
    """Read the plan among the artifacts; None where there is none.

    Raises:
        IntegrityError: it is not a plan this version can read.
    """
    places = [folder / "plan" / "plan.json", folder / "plan.json"]
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        return None
    plan = _read(path, PlanRead)
    if plan is None:
        raise IntegrityError(f"{path}: not a plan of schema version 1", hint="make it with `mlops plan -o json`")
    return plan


def read_judged(folder: Path, plan: PlanRead, places: Mapping[str, Place] | None = None) -> tuple[Judged, ...]:
    """Read what the jobs left of every affected pipeline, in the order of their names.

    `places` says where the evidence of each is; without it, wherever one artifact claims to hold it.

    Raises:
        IntegrityError: two artifacts claim to hold the evidence of one pipeline.
    """
    affected = set(plan.affected)
    changes = sorted((change for change in plan.pipelines if change.name in affected), key=lambda change: change.name)
    if places is None:
        places = _claimed(folder, [change.name for change in changes])
    return tuple(_judged(change, places.get(change.name)) for change in changes)


def _claimed(folder: Path, names: list[str]) -> dict[str, Place]:
    found: dict[str, list[Path]] = {name: [] for name in names}
    for path in sorted(folder.glob("report-*/*")):
        found.get(path.name, []).append(path)
    for name, paths in found.items():
        if len(paths) > 1:
            claims = " and ".join(path.parent.name for path in paths)
            raise IntegrityError(f"{name}: {claims} both claim to be its evidence", hint="run the jobs again")
    return {name: Place(paths[0]) for name, paths in found.items() if paths}


def _judged(change: Change, place: Place | None) -> Judged:
    here = None if place is None else place.ran
    if place is None or here is None or not here.is_dir() or here.is_symlink() or here.parent.is_symlink():
        return Judged(change=change)
    code = _code(here / "exit-code")
    # committed reports of an earlier run are there too when a stage stopped: they say nothing of this run
    # where another job judges, what the run says of itself is no verdict
    files = [here / "judged.json", here / "gate.json"] if place.judged is None else [place.judged / "judged.json"]
    gate = next((read for file in files if (read := _read(file, Gate)) is not None), None) if code in ENDED else None
    if gate is None:
        return Judged(change=change, exit_code=code)
    found = [_read(file, Metrics) or Metrics() for file in (here / "metrics.json", files[0])]
    models = {model: table for each in found for model, table in each.models.items()}
    return Judged(change=change, gate=gate.whole, metrics=Metrics(models=models), exit_code=code)


def _code(path: Path) -> int | None:
    text = path.read_bytes()[:8].decode(errors="replace").strip() if path.is_file() and not path.is_symlink() else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _read(path: Path, kind: type[Read]) -> Read | None:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _LARGEST:
        return None
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
