"""Rows and scores made again from the data and the bundle, in a folder of its own: what is claimed is not believed.

Everything comes by digest: the data and the bundle that the lock names. Rows are taken in, checked, divided and scored
by the installed code. Nothing is trained, and of the pipeline's own code only the stages that make rows run, each in a
process that is shut in: its checks of the data were a matter of the run, its metrics are claims of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from mlops.documents.stage_end import StageEnd
from mlops.errors import ConfigurationError, Inconclusive, InfrastructureError, IntegrityError, MlopsError
from mlops.files.atomic import write_text
from mlops.files.hardlink import hardlink
from mlops.files.plain_yaml import Values
from mlops.operations.dvc.lock import LockedStage, md5_tree, read_lock
from mlops.operations.judging.opponent import Run
from mlops.operations.live.bundles import obtain, reported
from mlops.operations.processes.again import run_again
from mlops.operations.processes.own_stage import run_own
from mlops.operations.processes.reproducing import result_of

BUNDLE, MODEL = "artifacts/bundle", "artifacts/model"
_ROWS = ("ingest", "validate", "split")
_STAGES = (*_ROWS, "features", "score")
_READERS = ("ingest", "validate")
"""The stages that read what no stage wrote: the data, and what it is held against."""


@dataclass(frozen=True)
class Replay:
    """A run as it was recorded, and the same made again."""

    recorded: Run
    again: Run
    locked: Mapping[str, LockedStage]
    instead: tuple[str, ...] = ()
    """How rows that were taken for those made again differ from them; empty where none were."""

    def kept(self, stage: str, path: str) -> Path | None:
        """Where what a stage wrote lies, if it is what the lock names: an older run's may lie in its place."""
        place = self.recorded.place / path
        return place if place.exists() and md5_tree(place) == self.locked[stage].outputs.get(path) else None


Instead = Callable[[Replay], tuple[str, ...]]
"""Looks at the rows that were made again, may put others in their place, and says how those differ; else nothing."""


@contextmanager
def replayed(root: Path, name: str, instead: Instead | None = None) -> Iterator[Replay]:
    """Make rows and scores of the recorded run again; the folder goes when the block ends.

    What is scored are the rows that `instead` leaves there, where it is given.

    Raises:
        InfrastructureError: the data or the bundle is not here, or the pipeline never ran.
        IntegrityError: it is here and is not what the lock names, or does not pass as it did.
        Inconclusive: this version of mlops cannot read what the run was made with.
    """
    recorded, locked = Run.here(root, name), read_lock(root, f"pipelines/{name}")
    if not {*_STAGES[:-1], "bundle", "evaluate"} <= set(locked):
        raise InfrastructureError(f"{name}: there is no run to judge", hint=f"mlops run {name}")
    with _scratch(root, name) as place:
        _lay_out(recorded, place, locked)
        link(_bundle(recorded, locked["bundle"].outputs.get(BUNDLE)), place / BUNDLE)
        replay = Replay(recorded, Run(root, name, place), locked)
        if MODEL in locked["evaluate"].inputs and (chosen := replay.kept("train", MODEL)) is not None:
            link(chosen, place / MODEL)
        _make_rows(recorded, place)
        if instead is not None:
            replay = replace(replay, instead=instead(replay))
        _make(place, name, _STAGES[len(_ROWS) :])
        for file in ("dvc.lock", "reports"):
            _keep(recorded.place / file, place / file)
        yield replay


@contextmanager
def rows_made(root: Path, name: str) -> Iterator[Run]:
    """Make nothing but rows, of the data that the lock names; the folder goes when the block ends.

    Raises:
        InfrastructureError: the data is not here, or the pipeline never ran.
        IntegrityError: it is here and is not what the lock names, or no rows come of it.
        Inconclusive: this version of mlops cannot read what the run was made with, or its rows go through own code.
    """
    recorded, locked = Run.here(root, name), read_lock(root, f"pipelines/{name}")
    if not {*_READERS} <= set(locked):
        raise InfrastructureError(f"{name}: dvc.lock names no data to make rows of", hint=f"mlops run {name}")
    if own := own_stages(recorded):
        raise Inconclusive(
            f"{name}: its rows go through stages of its own code ({', '.join(own)}), which is not run for them",
            hint="merge what changes the program first, in a pull request of its own",
        )
    with _scratch(root, name) as place:
        _lay_out(recorded, place, locked)
        _make_rows(recorded, place)
        yield Run(root, name, place)


@contextmanager
def _scratch(root: Path, name: str) -> Iterator[Path]:
    """Give a folder for a run of the pipeline, in a folder that is a repository's top to it."""
    kept = root / ".mlops" / "judge"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=kept) as folder:
        place = Path(folder) / "pipelines" / name
        place.mkdir(parents=True)
        yield place


def _lay_out(run: Run, place: Path, locked: Mapping[str, LockedStage]) -> None:
    """Bring the data by its digests, and the parameters without the pipeline's own code."""
    sections = run.sections()
    written = {path for stage in locked.values() for path in stage.outputs}
    wanted = {path: digest for name in _READERS for path, digest in locked[name].inputs.items() if path not in written}
    wanted = {path: digest for path, digest in wanted.items() if not path.endswith(".py")}
    problems = [problem for path, digest in wanted.items() if (problem := _amiss(run.place / path, path, digest))]
    if problems:
        _refuse(run.name, problems)
    for path in wanted:
        link(run.place / path, place / path)
    made: Values = {stage: dict(sections.get(stage) or {}) for stage in _STAGES[:-1]}
    made["validate"]["checks"] = []
    made["score"] = {**(sections.get("evaluate") or {}), "own": {}}
    made["train"] = sections.get("train") or {}  # its threads, by which every stage adds up
    write_text(place / "params.yaml", yaml.safe_dump(made, sort_keys=False, allow_unicode=True))


def _amiss(place: Path, path: str, digest: str) -> tuple[int, str] | None:
    if not place.exists():
        return InfrastructureError.exit_code, f"{path} is not here"
    if md5_tree(place) != digest:
        return IntegrityError.exit_code, f"{path} is not the data that was learnt from"
    return None


def _refuse(name: str, problems: list[tuple[int, str]]) -> None:
    """Raise one error for all of them: what is wrong goes before what is absent."""
    listed = "\n".join(f"{name}: {sentence}" for _, sentence in problems)
    if any(code == IntegrityError.exit_code for code, _ in problems):
        raise IntegrityError(listed, hint=f"dvc checkout --force pipelines/{name}/dvc.yaml")
    raise InfrastructureError(listed, hint=f"mlops fetch {name}")


def _bundle(run: Run, locked: str | None) -> Path:
    """Find the bundle that the lock names: in the work tree, or by the digest that the report gives it.

    Raises:
        InfrastructureError: it is nowhere.
        IntegrityError: what is here, or what the report names, is another one.
    """
    here = run.place / BUNDLE
    if here.is_dir() and md5_tree(here) == locked:
        return here
    digest = reported(run.root, run.name).digest
    if digest is None:
        hint = f"dvc pull pipelines/{run.name}/dvc.yaml, or mlops run {run.name}"
        if here.is_dir():
            raise IntegrityError(f"{run.name}: {BUNDLE} is not the bundle that dvc.lock names", hint=hint)
        raise InfrastructureError(f"{run.name}: the bundle is not here", hint=hint)
    found = obtain(run.root, run.name, digest)
    if md5_tree(found) != locked:
        raise IntegrityError(
            f"{run.name}: reports/bundle.json names another bundle than dvc.lock", hint=f"mlops run {run.name}"
        )
    return found


def own_stages(run: Run) -> tuple[str, ...]:
    """Name the stages of the pipeline's own code that its rows go through, in their order."""
    return tuple(map(str, (run.sections().get("validate") or {}).get("made_by") or ()))


def _make_rows(recorded: Run, place: Path) -> None:
    """Make rows anew; those that go through stages of own code go through them again, each in a process shut in."""
    sections, made = recorded.sections(), _ROWS[:1]
    own = own_stages(recorded)
    if not own:
        _make(place, recorded.name, _ROWS)
        return
    _make(place, recorded.name, made)
    for name in own:
        run_own(place, recorded.root, name, sections.get(name) or {})
    _make(place, recorded.name, _ROWS[len(made) :])


def _make(place: Path, name: str, stages: Sequence[str]) -> None:
    root = place.parent.parent
    log = root / "log"
    code = run_again(place, stages, log)
    if not code:
        return
    last = StageEnd.read(result_of(root, name)) or StageEnd(stage=stages[0], code=code)
    stage, cause = last.stage, last.cause or _tail(log)
    told = f"{name}: made again, {stage} stops: {cause}"
    kinds: dict[int, type[MlopsError]] = {error.exit_code: error for error in (IntegrityError, InfrastructureError)}
    if code == ConfigurationError.exit_code and "params.yaml" in last.next:
        hint = "merge the version of mlops that can read it first, in a pull request of its own"
        raise Inconclusive(f"{name}: this version of mlops cannot read what the run was made with: {cause}", hint=hint)
    raise kinds.get(code, IntegrityError)(told, hint=f"mlops run {name}")


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it was killed"


def _keep(source: Path, target: Path) -> None:
    """Copy what the run recorded to beside what was made again, which stays where both are."""
    for file in [source] if source.is_file() else sorted(source.rglob("*")):
        place = target if file == source else target / file.relative_to(source)
        if file.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def clear(place: Path) -> None:
    """Remove a file or a folder that was made."""
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()


def link(source: Path, target: Path) -> None:
    """Bring a file or folder without copying its bytes, where the disk can."""
    if source.is_dir():
        target.mkdir(parents=True)
        for path in sorted(source.iterdir()):
            link(path, target / path.name)
        return
    hardlink(source, target)
