"""Rows and scores made again from the data and the bundle, in a folder of its own: what is claimed is not believed.

Everything comes by digest: the data and the bundle that the lock names. Rows are taken in, checked, divided and scored
by the installed code. Nothing is trained, and none of the pipeline's own code runs: its checks of the data were a
matter of the run, its metrics are claims of it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlops.app.judging.opponent import Run
from mlops.app.planning.lock import LockedStage, md5_tree, read_lock
from mlops.app.releasing.bundles import obtain, reported
from mlops.app.running.again import run_again
from mlops.app.running.reproducing import result_of
from mlops.errors import ConfigurationError, Inconclusive, InfrastructureError, IntegrityError, MlopsError
from mlops.files.atomic import write_text
from mlops.files.hardlink import hardlink

BUNDLE = "artifacts/bundle"
_STAGES = ("ingest", "validate", "split", "features", "score")
_READERS = ("ingest", "validate")
"""The stages that read what no stage wrote: the data, and what it is held against."""


@dataclass(frozen=True)
class Replay:
    """A run as it was recorded, and the same made again."""

    recorded: Run
    again: Run
    locked: Mapping[str, LockedStage]

    def kept(self, stage: str, path: str) -> Path | None:
        """Where what a stage wrote lies, if it is what the lock names: an older run's may lie in its place."""
        place = self.recorded.place / path
        return place if place.exists() and md5_tree(place) == self.locked[stage].outputs.get(path) else None


@contextmanager
def replayed(root: Path, name: str) -> Iterator[Replay]:
    """Make rows and scores of the recorded run again; the folder goes when the block ends.

    Raises:
        InfrastructureError: the data or the bundle is not here, or the pipeline never ran.
        IntegrityError: it is here and is not what the lock names, or does not pass as it did.
        Inconclusive: this version of mlops cannot read what the run was made with.
    """
    recorded, locked = Run.here(root, name), read_lock(root, f"pipelines/{name}")
    if not {*_STAGES[:-1], "bundle", "evaluate"} <= set(locked):
        raise InfrastructureError(f"{name}: there is no run to judge", hint=f"mlops run {name}")
    kept = root / ".mlops" / "judge"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=kept) as folder:
        place = Path(folder) / "pipelines" / name
        place.mkdir(parents=True)
        _lay_out(recorded, place, locked)
        _make(place, name)
        for file in ("dvc.lock", "reports"):
            _keep(recorded.place / file, place / file)
        yield Replay(recorded, Run(root, name, place), locked)


def _lay_out(run: Run, place: Path, locked: Mapping[str, LockedStage]) -> None:
    sections = run.sections()
    written = {path for stage in locked.values() for path in stage.outputs}
    wanted = {path: digest for name in _READERS for path, digest in locked[name].inputs.items() if path not in written}
    wanted = {path: digest for path, digest in wanted.items() if not path.endswith(".py")}
    problems = [problem for path, digest in wanted.items() if (problem := _amiss(run.place / path, path, digest))]
    if problems:
        _refuse(run.name, problems)
    for path in wanted:
        _link(run.place / path, place / path)
    _link(_bundle(run, locked["bundle"].outputs.get(BUNDLE)), place / BUNDLE)
    made: dict[str, Any] = {stage: dict(sections.get(stage) or {}) for stage in _STAGES[:-1]}
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
    raise InfrastructureError(listed, hint=f"dvc pull --with-deps pipelines/{name}/dvc.yaml")


def _bundle(run: Run, locked: str | None) -> Path:
    """Find the bundle that the lock names: in the work tree, or by the digest that the report gives it.

    Raises:
        InfrastructureError: it is nowhere.
        IntegrityError: what is here, or what the report names, is another one.
    """
    here = run.place / BUNDLE
    if here.is_dir() and md5_tree(here) == locked:
        return here
    digest = reported(run.root, run.name).get("digest")
    if not isinstance(digest, str):
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


def _make(place: Path, name: str) -> None:
    root = place.parent.parent
    log = root / "log"
    code = run_again(place, _STAGES, log)
    if not code:
        return
    try:
        last = json.loads(result_of(root, name).read_bytes())
    except (OSError, ValueError):
        last = {}
    stage, cause = last.get("stage", _STAGES[0]), last.get("cause") or _tail(log)
    told = f"{name}: made again, {stage} stops: {cause}"
    kinds: dict[int, type[MlopsError]] = {error.exit_code: error for error in (IntegrityError, InfrastructureError)}
    if code == ConfigurationError.exit_code and "params.yaml" in str(last.get("next")):
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


def _link(source: Path, target: Path) -> None:
    """Bring a file or folder without copying its bytes, where the disk can."""
    if source.is_dir():
        target.mkdir(parents=True)
        for path in sorted(source.iterdir()):
            _link(path, target / path.name)
        return
    hardlink(source, target)
