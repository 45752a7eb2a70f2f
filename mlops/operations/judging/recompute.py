"""The recorded run held against the same made again: rows to the bit, scores within a tolerance, figures likewise.

What differs is no matter of opinion: IntegrityError, with all that differs. What is judged afterwards is what was made
again, so that a forgery too small to be found decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.diagnostics import visible
from mlops.documents.metrics import MetricsReport
from mlops.errors import IntegrityError
from mlops.operations.judging.agreement import close, differing, number
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.replay import Instead, replayed
from mlops.operations.judging.tables import other_reports, other_tables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.ml.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Recomputed:
    """A run made again in some seconds, and what its models say of the test rows; `compared`: row by row.

    `instead`: how its rows differ from those that the code that judges makes, where recorded ones were taken instead.
    """

    run: Run
    predictions: Predictions
    compared: bool
    seconds: float
    instead: tuple[str, ...] = ()


@contextmanager
def recomputed(root: Path, name: str, instead: Instead | None = None) -> Iterator[Recomputed]:
    """Make a recorded run's rows and scores again, and hold the recorded ones against them.

    Where `instead` takes other rows for those made again, they are scored.

    Raises:
        InfrastructureError: what it takes is not here.
        IntegrityError: what was recorded is not what comes out.
        Inconclusive: this version of mlops cannot read what the run was made with.
    """
    from mlops.ml.evaluation.predictions import Predictions

    started = time.monotonic()
    with replayed(root, name, instead) as replay:
        again = Predictions.read(replay.again.predictions)
        there = replay.kept("evaluate", "artifacts/evaluation")
        recorded = None if there is None else Predictions.read(replay.recorded.predictions)
        wrong = [*other_tables(replay), *other_reports(replay)]
        wrong += () if recorded is None else differing(recorded, again)
        wrong += _figures(replay.recorded, again)
        if wrong:
            listed = "".join(f"\n  {sentence}" for sentence in wrong)
            # without --force DVC takes what it keeps of an earlier run, which may be the very thing that differs
            hint = f"dvc repro --force pipelines/{name}/dvc.yaml, and commit what it records"
            raise IntegrityError(
                f"{name}: what is recorded is not what comes out of its data and its bundle{listed}", hint=hint
            )
        own = {} if recorded is None else recorded.own
        took = time.monotonic() - started
        yield Recomputed(replay.again, replace(again, own=own), recorded is not None, took, replay.instead)


def _figures(run: Run, again: Predictions) -> Iterator[str]:
    """Say which metrics of the report are not what the scores give, on all rows and on every slice."""
    report = MetricsReport.read(run.place / "reports" / "metrics.json")
    if report is None:
        yield "reports/metrics.json is missing or damaged"
    elif report.rows != len(again):
        yield f"reports/metrics.json is about {report.rows} rows, {len(again):,} come out"
    else:
        yield from _compared(report, again)


def _compared(report: MetricsReport, again: Predictions) -> Iterator[str]:
    import numpy as np

    places = [(model, "", "", np.arange(len(again)), table) for model, table in report.models.items()]
    for item in report.slices:
        rows = again.slice_rows(item.by).get(item.slice) if item.by in again.slices else None
        if rows is None:
            named = visible(f"{item.by} = {item.slice}")
            yield f"reports/metrics.json has a slice {named} that does not come out"
            continue
        places.append(("candidate", item.by, item.slice, rows, item.metrics))
    for model, by, label, rows, table in places:
        for metric, said in table.items():
            found = _measured(again, metric, model, rows)
            if found is not None and not _agrees(said.value, found):
                where = f" where {by} = {label}" if by else ""
                told = visible(f"{metric} {said.value} of {model}{where}")
                yield f"reports/metrics.json says {told}: it is {found:.6g}"


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
        return said is None or (isinstance(said, float) and not math.isfinite(said))
    return number(said) and close(said, found)
