"""What training writes beside the weights: the model's description, its report, the course of every candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.training import (
    CalibrationReport,
    CandidateReport,
    OriginReport,
    TooGood,
    TrainingReport,
    WalkedReport,
)
from mlops.files.canonical import rounded
from mlops.files.csv_text import csv_text
from mlops.ml.training.folding import Folded
from mlops.ml.training.trained_by import of_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.ml.training.asked import Asked
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Fitted
    from mlops.stages.released import Released


@dataclass(frozen=True)
class Result:
    """A trained candidate and what it is worth on the validation rows."""

    name: str
    asked: Asked
    fitted: Fitted
    scores: NDArray[Any]
    validation: dict[str, float]
    rank: tuple[float, float]
    calibration: CalibrationReport | None = None
    """How its probabilities were fitted to these rows afterwards."""


def described(problem: Problem, best: Result, made: Released) -> dict[str, Any]:
    """Describe the model, for what bundles it; the rows that taught it where these are more than those of train."""
    more: dict[str, Any] = {} if made.before is None else {"learnt": made.learnt}
    more |= {"answers": "float64"} if best.scores.dtype == np.float64 else {}
    more |= {} if made.groups is None else {"groups": list(made.groups)}
    shape = problem.shape if made.groups is None else (len(problem.layout.positions(made.groups)),)
    members = {"folds": len(best.fitted.members)} if isinstance(best.fitted, Folded) else {}
    return {
        "schema_version": 1,
        **members,
        "candidate": best.name,
        "kind": best.asked.kind,
        "task": problem.task,
        "input": list(shape),
        "outputs": problem.outputs,
        "parameters": best.asked.parameters,
        **more,
    }


def report(
    metric: str,
    reproducible: str,
    results: list[Result],
    best: Result,
    made: Released,
    tested: dict[str, OriginReport] | None,
    too_good: TooGood | None = None,
    walked: WalkedReport | None = None,
) -> TrainingReport:
    """Say what was tried, what was chosen, and how it did going back to several origins, where that was `tested`."""
    candidates = {
        result.name: CandidateReport(
            kind=result.asked.kind,
            validation=rounded(result.validation),
            epochs=result.fitted.history[-1].number if result.fitted.history else None,
            best_epoch=result.fitted.best_epoch,
            **_run(result.fitted),
        )
        for result in results
    }
    found = TrainingReport(select_by=metric, chosen=best.name, reproducible=reproducible, candidates=candidates)
    more = {
        "backtest": tested,
        "walked": walked,
        "too_good": too_good,
        "learnt": made.learnt,
        "calibration": best.calibration,
    }
    return found.model_copy(update={key: value for key, value in more.items() if value is not None})


def _run(fitted: Fitted) -> dict[str, int]:
    """Say by how many processes and in how many parts a network learnt, where either is more than one."""
    ran = {"devices": of_network(fitted, "devices"), "accumulate": of_network(fitted, "accumulate")}
    return {name: count for name, count in ran.items() if count > 1}


def kept(asked: Asked, fitted: Fitted) -> str:
    """Say which epoch was kept, and what to raise where that is the last one there was."""
    if not fitted.history:
        return ""
    last = fitted.history[-1].number
    more = f"; it was still improving: raise `{'trees' if 'trees' in asked.parameters else 'trainer.max_epochs'}`"
    return f", kept epoch {fitted.best_epoch} of {last}{more if fitted.best_epoch == last else ''}"


def courses(results: list[Result], metric: str) -> Iterator[tuple[str, str]]:
    """Lay out the same for DVC, which draws a table as one line: (file, CSV) of each metric and candidate."""
    for result in results:
        for measure in dict.fromkeys(("train_loss", "validation_loss", f"validation_{metric}")):
            course = [(epoch.number, epoch.measures(metric).get(measure)) for epoch in result.fitted.history]
            rows: list[tuple[object, ...]] = [(at, rounded(value)) for at, value in course if value is not None]
            # DVC reads no table without rows
            yield f"{measure}/{result.name}.csv", csv_text([("epoch", measure), *(rows or [("", "")])])


def history(results: list[Result], metric: str) -> Iterator[str]:
    """Lay out the course of every candidate as CSV."""
    yield "candidate,epoch,metric,value\n"
    for result in results:
        for epoch in result.fitted.history:
            for measure, value in epoch.measures(metric).items():
                yield f"{result.name},{epoch.number},{measure},{rounded(value)}\n"
