"""The copies that trials run in, below `.mlops/trials/`: what a stage reads under its usual name, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from mlops.documents.tuning import TuningReport
from mlops.errors import InfrastructureError
from mlops.files.atomic import write_text
from mlops.files.dvc_cache import objects, placed
from mlops.files.hardlink import hardlink
from mlops.files.plain_yaml import Values
from mlops.operations.dvc.lock import md5_tree, read_lock
from mlops.operations.dvc.objects import kept, lay_out
from mlops.operations.trying.process import TEST
from mlops.operations.trying.stages import FEATURES, SPLIT, TRAIN, Recorded, Work
from mlops.plan.pipeline import PipelinePlan

RUNNING = "running"
"""The folder of the copies, beside what ended trials left."""


def trials(root: Path, name: str) -> Path:
    """Place the trials of a pipeline."""
    return root / ".mlops" / "trials" / name


def lock_of(root: Path, name: str) -> Path:
    """Place the lock that whoever tries a pipeline holds."""
    return root / ".mlops" / "locks" / f"{name}.trials.lock"


def last_run(root: Path, pipeline: PipelinePlan) -> Recorded:
    """Look up what the last run recorded, and what of it can be had without asking a remote."""
    folder = root / pipeline.folder
    digest = cache(lambda path: md5_tree(folder / path))
    reports = {output.path for stage in pipeline.stages for output in stage.outputs if output.committed}

    def there(path: str, named: str) -> bool:
        place = None if path in reports else placed(objects(root), named)
        return (place is not None and place.is_file()) or digest(path) == named

    tuning = TuningReport.read(folder / "reports/tuning.json")
    winners = {} if tuning is None else {name: dict(each.parameters) for name, each in tuning.best.items()}
    return Recorded(read_lock(root, pipeline.folder), digest, there, winners)


@dataclass(frozen=True)
class Copies:
    """Where the copies of a pipeline's trials are made, one a name."""

    root: Path
    pipeline: PipelinePlan
    place: Path = field(init=False)

    def __post_init__(self) -> None:
        """Place them; what a killed one left is gone by then."""
        object.__setattr__(self, "place", trials(self.root, self.pipeline.name) / RUNNING)

    def folder(self, name: str) -> Path:
        """Place a pipeline's folder in a copy."""
        return self.place / name / self.pipeline.folder

    def prepare(self, work: Work) -> Path:
        """Lay out what the stages of a trial read: given files, and recorded outputs without test rows.

        Raises:
            InfrastructureError: a recorded output cannot be had.
            IntegrityError: it has other bytes than its name says.
        """
        folder, source = self.folder(work.prepared), self.root / self.pipeline.folder
        _code(source, folder)
        for path in work.given:
            _link(source / path, folder / path)
        write_text(folder / "params.yaml", _spelt(work.parameters))  # without `tracking`: a trial is logged as a whole
        with kept(self.root, hardlink) as bring:
            for path, digest in work.taken.items():
                self._take(bring, source / path, folder / path, digest)
        (folder / TEST).unlink(missing_ok=True)
        return folder

    def _take(self, bring: Callable[[str, Path], bool], source: Path, target: Path, digest: str) -> None:
        shown = str(source.relative_to(self.root))
        if md5_tree(source) == digest:
            _link(source, target)
        elif not lay_out(bring, digest, target, shown):
            raise InfrastructureError(f"{shown} is not here", hint=f"mlops fetch {self.pipeline.name}")

    def copy(self, work: Work) -> Path:
        """Make the copy of one trial beside the one that it shares with others."""
        prepared, folder = self.folder(work.prepared), self.folder(work.key)
        _code(prepared, folder)
        for path in (FEATURES, f"{SPLIT}/validation.parquet", *work.given):
            _link(prepared / path, folder / path)
        write_text(folder / "params.yaml", _spelt({**work.parameters, TRAIN: work.train}))
        return folder


def _spelt(parameters: Values) -> str:
    return str(yaml.safe_dump(parameters, sort_keys=False, allow_unicode=True))


def _code(source: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for file in source.glob("*.py"):
        shutil.copy(file, target)


def _link(source: Path, target: Path) -> None:
    """Give a file or a folder a second name, only to be read, unless it has that already."""
    if source.is_dir():
        for inner in source.rglob("*"):
            if inner.is_file():
                _link(inner, target / inner.relative_to(source))
    elif source.is_file() and not target.exists():
        hardlink(source, target)
