"""The recorded run held against the same made again: rows to the bit, scores within a tolerance, figures likewise.

What differs is no matter of opinion: IntegrityError, with all that differs. What is judged afterwards is what was made
again, so that a forgery too small to be found decides nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.app.judging.agreement import close, differing, first_difference, number
from mlops.app.judging.opponent import Run
from mlops.app.judging.replay import Replay, replayed
from mlops.app.planning.lock import md5_tree
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.ml.evaluation.predictions import Predictions

_TABLES = {"ingest": "artifacts/raw.parquet", "validate": "artifacts/valid.parquet", "split": "artifacts/split"}
_PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Recomputed:
    """A run made again in some seconds, and what its models say of the test rows; `compared`: row by row."""

    run: Run
    predictions: Predictions
    compared: bool
    seconds: float


@contextmanager
def recomputed(root: Path, name: str) -> Iterator[Recomputed]:
    """Make a recorded run's rows and scores again, and hold the recorded ones against them.

    Raises:
        InfrastructureError: what it takes is not here.
        IntegrityError: what was recorded is not what comes out.
        Inconclusive: this version of mlops cannot read what the run was made with.
    """
    from mlops.ml.evaluation.predictions import Predictions

    started = time.monotonic()
    with replayed(root, name) as replay:
        again = Predictions.read(replay.again.predictions)
        there = replay.kept("evaluate", "artifacts/evaluation")
        recorded = None if there is None else Predictions.read(replay.recorded.predictions)
        wrong = [*_rows(replay), *_reports(replay), *([] if recorded is None else differing(recorded, again))]
        wrong += _figures(replay.recorded, again)
        if wrong:
            listed = "".join(f"\n  {sentence}" for sentence in wrong)
            # without --force DVC takes what it keeps of an earlier run, which may be the very thing that differs
            hint = f"dvc repro --force pipelines/{name}/dvc.yaml, and commit what it records"
            raise IntegrityError(
                f"{name}: what is recorded is not what comes out of its data and its bundle{listed}", hint=hint
            )
        own = {} if recorded is None else recorded.own
        yield Recomputed(replay.again, replace(again, own=own), recorded is not None, time.monotonic() - started)


def _rows(replay: Replay) -> Iterator[str]:
    """Say which tables are not what the lock names; another release of a library may spell the same rows otherwise."""
    for stage, path in _TABLES.items():
        made = replay.again.place / path
        if md5_tree(made) == replay.locked[stage].outputs.get(path):
            continue
        here = replay.kept(stage, path)
        if here is None or not _same_rows(made, here):
            yield f"{path} has other rows than dvc.lock names"


def _same_rows(made: Path, here: Path) -> bool:
    import polars as pl

    names = [""] if made.is_file() else [f"{part}.parquet" for part in _PARTS]
    try:
        return all(pl.read_parquet(made / name).equals(pl.read_parquet(here / name)) for name in names)
    except (OSError, pl.exceptions.PolarsError):
        return False


def _reports(replay: Replay) -> Iterator[str]:
    """Say which committed reports about the rows say something else than the same made again."""
    checks = (replay.recorded.sections().get("validate") or {}).get("checks") or ()
    own = frozenset(str(check.get("use", "")).partition(":")[2] for check in checks)
    for name in ("data.json", "split.json"):
        ours, theirs = (_document(run.place / "reports" / name) for run in (replay.recorded, replay.again))
        if place := first_difference(_comparable(ours, own), _comparable(theirs, own)):
            yield f"reports/{name} says something else at {place}"


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _comparable(document: Any, own: frozenset[str]) -> Any:
    """Leave out what own code said, which is not run here, and the digest of a file that may be spelt otherwise."""
    if not isinstance(document, dict):
        return document
    left = {key: value for key, value in document.items() if key != "source"}
    if isinstance(checks := left.get("checks"), list):
        left["checks"] = [one for one in checks if not (isinstance(one, dict) and one.get("name") in own)]
    return left


def _figures(run: Run, again: Predictions) -> Iterator[str]:
    """Say which metrics of the report are not what the scores give, on all rows and on every slice."""
    report = _document(run.place / "reports" / "metrics.json")
    if not isinstance(report, dict):
        yield "reports/metrics.json is missing or damaged"
        return
    if report.get("rows") != len(again):
        yield f"reports/metrics.json is about {report.get('rows')} rows, {len(again):,} come out"
        return
    try:
        yield from _compared(report, again)
    except (AttributeError, KeyError, TypeError):  # somebody else's document may have any shape
        yield "reports/metrics.json is missing or damaged"


def _compared(report: Mapping[str, Any], again: Predictions) -> Iterator[str]:
    import numpy as np

    places = [(model, "", "", np.arange(len(again)), table) for model, table in report["models"].items()]
    for item in report.get("slices") or ():
        rows = again.slice_rows(item["by"]).get(item["slice"]) if item.get("by") in again.slices else None
        if rows is None:
            yield f"reports/metrics.json has a slice {item.get('by')} = {item.get('slice')} that does not come out"
            continue
        places.append(("candidate", item["by"], item["slice"], rows, item.get("metrics") or {}))
    for model, by, label, rows, table in places:
        for metric, said in table.items():
            found = _measured(again, metric, model, rows)
            if found is not None and not _agrees(said.get("value"), found):
                where = f" where {by} = {label}" if by else ""
                yield f"reports/metrics.json says {metric} {said.get('value')} of {model}{where}: it is {found:.6g}"


def _measured(again: Predictions, metric: str, model: str, rows: NDArray[np.int64]) -> float | None:
    """Measure; None where the metric is the pipeline's own, which is not measured here."""
    import numpy as np

    try:
        apply = again.statistic(metric, model, rows)
    except KeyError:
        return None
    return float(apply(np.ones((1, len(rows))))[0])


def _agrees(said: Any, found: float) -> bool:
    import math

    if not math.isfinite(found):
        return said is None or (number(said) and not math.isfinite(said))
    return number(said) and close(said, found)
