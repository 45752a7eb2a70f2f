"""What a job of a pull request left of one pipeline, held against the repository before any of it is believed.

It is somebody else's data: the lock must say what this commit says, the files must be what the lock says, and the
bundle must be the one that was told of and answer its golden rows, and its papers must say that it passed by the rules
of this commit.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from mlops.bundle.contents import Contents
from mlops.bundle.manifest import VERSION
from mlops.bundle.papers import Papers
from mlops.documents.comparison import FOLDER as COMPARISONS
from mlops.documents.comparison import comparisons_of
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.atomic import write_bytes, writing_folder
from mlops.files.plain_yaml import parse
from mlops.files.relative import trouble
from mlops.operations.dvc.lock import LockedStage, md5_tree, read_lock
from mlops.operations.integrity.verify import other_data, other_order, other_outputs, other_run
from mlops.operations.live.bundles import DIGEST, prove, reported
from mlops.operations.verdicts.gate import read_gate
from mlops.operations.workspace import Workspace
from mlops.plan.gate import registered
from mlops.plan.pipeline import PipelinePlan
from mlops.plan.stage import Kind

LOCK, BUNDLE = "dvc.lock", "artifacts/bundle"
_LARGEST_LOCK = 8 * 2**20
_HINT = "something wrote into the artifact that its job left: look at the run, and at who changed what there"


@dataclass(frozen=True)
class Left:
    """What a run left of a pipeline, laid out as in the repository, in a folder of its own."""

    place: Path
    pipeline: PipelinePlan

    @property
    def folder(self) -> Path:
        """The pipeline's folder."""
        return self.place / self.pipeline.folder


class OtherInputs(InfrastructureError):
    """What was judged was made of something else than what this commit holds."""


def lay_out(evidence: Path, place: Path, pipeline: PipelinePlan) -> Left:
    """Lay out what a job left as `evidence`: its lock, the bundle, and its reports side by side.

    Raises:
        InfrastructureError: the job kept no bundle.
        IntegrityError: something else is there too.
    """
    left = Left(place, pipeline)
    if not (evidence / LOCK).is_file() or not (evidence / "bundle").is_dir():
        raise InfrastructureError(f"the run kept no bundle of {pipeline.name}")
    moves = {LOCK: LOCK, "bundle": BUNDLE, COMPARISONS: COMPARISONS} | dict(_reports(pipeline))
    known = {*moves, "exit-code", "seconds", "judged.json", *_pages(pipeline)}
    if unknown := sorted(path.name for path in evidence.iterdir() if path.name not in _tops(known)):
        raise IntegrityError(f"{pipeline.name}: {unknown[0][:100]!r} is no output of a run", hint=_HINT)
    for source, target in moves.items():
        if (evidence / source).exists():
            (left.folder / target).parent.mkdir(parents=True, exist_ok=True)
            (evidence / source).rename(left.folder / target)
    return left


def hold(workspace: Workspace, left: Left, told: str | None) -> Contents:
    """Hold what a run left against this repository, and give its bundle.

    Raises:
        OtherInputs: it was made of other configuration, code or data; or by other rules.
        IntegrityError: it does not agree with itself, or with what its job told.
    """
    name, pipeline = left.pipeline.name, left.pipeline
    locked = lock_of(left)
    moved = [*other_run(pipeline, locked), *other_data(workspace.root, pipeline, locked)]
    if moved:
        raise OtherInputs(f"{name}: {moved[0]}")
    wrong = [*other_order(locked), *other_outputs(left.place, pipeline, locked), *_extra(left)]
    if locked["bundle"].outputs.get(BUNDLE) != md5_tree(left.folder / BUNDLE):
        wrong.append(f"{BUNDLE} is not what the run wrote")
    if wrong:
        raise IntegrityError(f"{name}: {wrong[0]}", hint=_HINT)
    report = reported(left.place, name)
    digest = str(report.digest)
    if not DIGEST.fullmatch(digest) or (told is not None and digest != told):
        raise IntegrityError(f"{name}: the bundle is not the one that its job told of", hint=_HINT)
    contents = prove(left.folder / BUNDLE, name, digest)
    if contents.manifest.schema_version != VERSION:
        raise IntegrityError(f"{name}: the bundle is of version 1, which this commit does not write", hint=_HINT)
    _passed(pipeline, papers_left(left, contents), str(report.verdict))
    return contents


def papers_left(left: Left, contents: Contents) -> Papers:
    """Take what the run said about its bundle; raises IntegrityError where it does not belong together."""
    try:
        return Papers.read(left.folder / "reports", contents.digest)
    except (InfrastructureError, IntegrityError) as error:
        raise IntegrityError(f"{left.pipeline.name}: {error.message}", hint=_HINT) from error


def put(root: Path, left: Left) -> None:
    """Put what was held into the work tree: the lock last, so that a part alone is never taken for the whole."""
    folder = root / left.pipeline.folder
    for path in (BUNDLE, *dict(_reports(left.pipeline)).values()):
        source = left.folder / path
        if source.is_dir():
            with writing_folder(folder / path) as temporary:
                shutil.copytree(source, temporary, dirs_exist_ok=True)
        else:
            write_bytes(folder / path, source.read_bytes())
    for made in comparisons_of(left.place, left.pipeline.name, str(reported(left.place, left.pipeline.name).digest)):
        made.write(root)
    write_bytes(folder / LOCK, (left.folder / LOCK).read_bytes())


def _passed(pipeline: PipelinePlan, papers: Papers, verdict: str) -> None:
    """See that the bundle passed, by the very rules of this commit, and still does today."""
    try:
        gate = read_gate(papers.files["gate.json"], pipeline.name)
    except ValueError as error:
        raise IntegrityError(f"{pipeline.name}: the bundle holds no verdict", hint=_HINT) from error
    if (gate.verdict, verdict) != ("pass", "pass"):
        raise IntegrityError(f"{pipeline.name}: the bundle did not pass its gate", hint=_HINT)
    if gate.registered != registered(pipeline.stage("gate").section):
        raise OtherInputs(f"{pipeline.name}: it was judged by other rules")
    if gate.on(date.today()).verdict != "pass":
        raise OtherInputs(f"{pipeline.name}: it passed by a waiver that does not hold today")


def _reports(pipeline: PipelinePlan) -> Iterator[tuple[str, str]]:
    """Give where each committed report lies in the evidence, and where in the pipeline's folder."""
    for stage in pipeline.stages:
        for output in stage.outputs:
            if output.committed:
                yield output.path.removeprefix("reports/"), output.path


def _pages(pipeline: PipelinePlan) -> Iterator[str]:
    outputs = (output for stage in pipeline.stages for output in stage.outputs)
    return (output.path.removeprefix("reports/") for output in outputs if output.kind is Kind.PAGE)


def _tops(paths: set[str]) -> set[str]:
    return {path.split("/", 1)[0] for path in paths}


def _extra(left: Left) -> Iterator[str]:
    """Find files that no output of the plan holds; outputs that are folders are compared as a whole."""
    known = {LOCK, BUNDLE, COMPARISONS, *dict(_reports(left.pipeline)).values()}
    for path in sorted(left.folder.rglob("*")):
        relative = path.relative_to(left.folder).as_posix()
        if path.is_file() and not any(relative == one or relative.startswith(f"{one}/") for one in known):
            yield f"{relative[:100]!r} is no output of a run"


def lock_of(left: Left) -> dict[str, LockedStage]:
    """Read the lock, which DVC will read after us, and refuse what DVC would not have written."""
    path = left.folder / LOCK
    if path.stat().st_size > _LARGEST_LOCK:
        raise IntegrityError(f"{left.pipeline.name}: {LOCK} is too large", hint=_HINT)
    try:
        _Lock.model_validate(parse(path.read_bytes(), LOCK))
    except ValidationError as error:
        raise IntegrityError(f"{left.pipeline.name}: {LOCK} is not one that DVC wrote", hint=_HINT) from error
    return read_lock(left.place, left.pipeline.folder)


def _inside(path: str) -> str:
    if (said := trouble(path)) is not None:
        raise ValueError(said)
    return path


class _Strict(BaseModel, extra="forbid", frozen=True):
    pass


class _File(_Strict):
    path: Annotated[str, AfterValidator(_inside)]
    hash: Literal["md5"] = "md5"
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}(\.dir)?$")]
    size: Annotated[int, Field(ge=0)] | None = None
    nfiles: Annotated[int, Field(ge=0)] | None = None
    isexec: bool | None = None


class _Stage(_Strict):
    cmd: str
    deps: tuple[_File, ...] = ()
    params: dict[Literal["params.yaml"], dict[str, Any]] = Field(default_factory=dict)
    outs: tuple[_File, ...] = ()


class _Lock(_Strict):
    schema_: Annotated[Literal["2.0"], Field(alias="schema")] = "2.0"
    stages: dict[str, _Stage]
