"""A plan as a value: what changes, why, at what cost, and what it was made of. Its fields are the keys of its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


class _Strict:
    """Read back from JSON, no unknown key is taken."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


FRAMEWORK_CHANGE = "framework-change"
"""The label of a change that moves the program itself: what it makes may be made otherwise than by what judges it."""
OWN_ROWS = "own-rows"
"""The label of a change of pipelines whose rows are made by their own code."""


@dataclass(frozen=True)
class KeyChange(_Strict):
    """A key that a person changed, and the place of its value."""

    key: str
    before: Any
    after: Any
    where: str


@dataclass(frozen=True)
class StagePlan(_Strict):
    """A stage that will run or not, with every reason."""

    name: str
    runs: bool
    reasons: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateChange(_Strict):
    """How many rules apply, whether the gate is another one, and what it no longer asks for."""

    rules: int
    changed: bool
    loosened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share(_Strict):
    """A share of rows before and after: of nulls in a column, or of a class of the target."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Shift(_Strict):
    """How far the mean of a column moved, in its earlier standard deviations."""

    column: str
    deviations: float


@dataclass(frozen=True)
class Drift(_Strict):
    """How far the values of a column moved, from what both reports recorded of their spread; `ks` for numbers only."""

    column: str
    psi: float
    jensen_shannon: float
    ks: float | None = None


@dataclass(frozen=True)
class TableChange(_Strict):
    """How a table beside the rows differs, a joined one or a test set: what is None is not known, or not there."""

    table: str
    rows_before: int | None
    rows_after: int | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataChange(_Strict):
    """How the data differs, in aggregates; `recorded` is false where the new file was only looked at, never checked."""

    recorded: bool
    rows_before: int | None
    rows_after: int | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    nulls: tuple[Share, ...] = ()
    classes: tuple[Share, ...] = ()
    shifts: tuple[Shift, ...] = ()
    checks: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    tables: tuple[TableChange, ...] = ()


@dataclass(frozen=True)
class FileChange(_Strict):
    """A compiled file that changes, in lines; of a manifest, which of them, as a unified diff."""

    path: str
    added: int
    removed: int
    diff: str = ""


@dataclass(frozen=True)
class Deploy(_Strict):
    """A bundle that becomes live in an environment by merging, and how traffic comes to it, where not all at once."""

    file: str
    environment: str
    before: str | None
    after: str | None
    traffic_before: str | None = None
    traffic: str | None = None


@dataclass(frozen=True)
class Cost(_Strict):
    """What the stages to run took last time on this machine, and what of the budget that exceeds."""

    minutes: float | None = None
    money: float | None = None
    over: tuple[str, ...] = ()


@dataclass(frozen=True)
class MadeOf(_Strict):
    """What a pipeline's part of a plan was made of: when one of these moves, the plan is stale."""

    compiled: str
    champion: str | None
    files: dict[str, str]


@dataclass(frozen=True)
class PipelineChange(_Strict):
    """What a plan says of one pipeline.

    `seconds` is what the stages to run took last time, where that is known; `reproducible` says where a run gives the
    same bits: `anywhere`, or on one kind of `processor`. `verifies` are, where nothing runs, the files that CI trusts
    and that differ from the base: what they say is held against each other, and judged again.
    """

    name: str
    keys: tuple[KeyChange, ...]
    stages: tuple[StagePlan, ...]
    gates: GateChange
    seconds: float | None = None
    cost: Cost = Cost()
    data: DataChange | None = None
    files: tuple[FileChange, ...] = ()
    deploys: tuple[Deploy, ...] = ()
    made_of: MadeOf | None = None
    reproducible: str = "anywhere"
    verifies: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    """Stages of own code that its rows go through."""
    manifests: tuple[FileChange, ...] = ()
    """Files that its targets are set up by."""

    @property
    def runs(self) -> bool:
        """Whether anything will run."""
        return any(stage.runs for stage in self.stages)

    @property
    def affected(self) -> bool:
        """Whether CI has anything to do: to run it, or to verify what is recorded of it."""
        return self.runs or bool(self.verifies)

    @property
    def recorded(self) -> bool:
        """Whether nothing but a record is brought: its lock, or a report, which nothing that runs accounts for."""
        folder = f"pipelines/{self.name}/"
        places = (f"{folder}dvc.lock", f"{folder}reports/")
        return any(path.startswith(places) for path in self.verifies)

    @property
    def unchanged(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.affected or self.gates.changed or self.deploys or self.manifests)


@dataclass(frozen=True)
class Counts(_Strict):
    """Pipelines by what happens to them; one that runs under a changed gate counts for both."""

    to_run: int
    to_verify: int
    gates_changed: int
    to_deploy: int
    unchanged: int


@dataclass(frozen=True)
class Planned(_Strict):
    """A plan of a whole repository; `reference` is what the user called the base commit."""

    base: str | None
    pipelines: tuple[PipelineChange, ...]
    reference: str | None = None
    tool: str = ""
    policy: str = ""
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def affected(self) -> tuple[str, ...]:
        """Name the pipelines in which something will run, or whose record is verified."""
        return tuple(change.name for change in self.pipelines if change.affected)

    @property
    def verified(self) -> tuple[str, ...]:
        """Name those of them in which nothing will run."""
        return tuple(change.name for change in self.pipelines if change.affected and not change.runs)

    @property
    def recorded(self) -> tuple[str, ...]:
        """Name those of them whose lock or reports the change brings."""
        return tuple(change.name for change in self.pipelines if change.recorded)

    @property
    def counts(self) -> Counts:
        """Count the pipelines."""
        each = self.pipelines
        return Counts(
            len(self.affected) - len(self.verified),
            len(self.verified),
            sum(change.gates.changed for change in each),
            sum(bool(change.deploys) for change in each),
            sum(change.unchanged for change in each),
        )

    @property
    def over(self) -> tuple[str, ...]:
        """Say which pipelines would take more than their budget."""
        return tuple(f"{change.name}: {sentence}" for change in self.pipelines for sentence in change.cost.over)
