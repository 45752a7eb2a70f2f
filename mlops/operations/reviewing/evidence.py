"""What the jobs of a pull request left behind, read as somebody else's data: bounded and typed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.tuning import TuningReport
from mlops.errors import IntegrityError
from mlops.operations.reviewing.artifacts import Place
from mlops.present.markdown.evidence import ENDED, Change, Judged, PlanRead

_LARGEST = 64 * 2**20
Read = TypeVar("Read", bound=BaseModel)


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
    report = f"{here.parent.name}/{here.name}/report.html" if (here / "report.html").is_file() and code in ENDED else ""
    # committed reports of an earlier run are there too when a stage stopped: they say nothing of this run
    # where another job judges, what the run says of itself is no verdict
    files = [here / "judged.json", here / "gate.json"] if place.judged is None else [place.judged / "judged.json"]
    gates = [gate for file in files if (gate := _read(file, GateReport)) is not None] if code in ENDED else []
    if not gates:
        return Judged(change=change, exit_code=code, report=report)
    measured, judged = _read(here / "metrics.json", MetricsReport), _read(files[0], GateReport)
    models = {**(measured.models if measured else {}), **(judged.models if judged else {})}
    tuning = _read(here / "tuning.json", TuningReport)
    return Judged(
        change=change,
        gate=gates[0].whole,
        models=models,
        tuning="" if tuning is None else tuning.sentence,
        exit_code=code,
        report=report,
    )


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
