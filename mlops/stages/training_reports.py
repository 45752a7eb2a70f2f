"""What training writes beside the weights: the model's description, its report, the course of every candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.documents.training import CandidateReport, TrainingReport
from mlops.files.canonical import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops.ml.training.problem import Problem
    from mlops.stages.train import Result


def described(problem: Problem, best: Result) -> dict[str, Any]:
    """Describe the model, for what bundles it."""
    return {
        "schema_version": 1,
        "candidate": best.name,
        "kind": best.kind,
        "task": problem.task,
        "input": list(problem.shape),
        "outputs": problem.outputs,
        "parameters": best.parameters,
    }


def report(
    metric: str, reproducible: str, results: list[Result], best: Result, tested: dict[str, Any]
) -> TrainingReport:
    """Say what was tried, what was chosen, and how it did going back to several origins, where that was `tested`."""
    candidates = {
        result.name: CandidateReport(
            kind=result.kind,
            validation=rounded(result.validation),
            epochs=result.fitted.history[-1].number if result.fitted.history else None,
            best_epoch=result.fitted.best_epoch,
        )
        for result in results
    }
    chosen, found = best.name, rounded(tested)
    return TrainingReport(select_by=metric, chosen=chosen, reproducible=reproducible, candidates=candidates, **found)


def history(results: list[Result], metric: str) -> Iterator[str]:
    """Lay out the course of every candidate as CSV."""
    yield "candidate,epoch,metric,value\n"
    for result in results:
        for epoch in result.fitted.history:
            for measure, value in epoch.measures(metric).items():
                yield f"{result.name},{epoch.number},{measure},{rounded(value)}\n"
