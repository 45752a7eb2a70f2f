"""A search in MLflow: one run, and in it one for each trial; all of it is sent when the search has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.files.canonical import digest
from mlops.files.tracked import CANDIDATE, PIPELINE

if TYPE_CHECKING:
    from mlops.documents.tuning import TuningReport
    from mlops.stages.context import StageContext


def log(context: StageContext, report: TuningReport) -> None:
    """Log a search, unless this one is there already; where MLflow fails, a warning says so, and nothing else."""
    if context.tracking is None:
        return
    from mlops.ml.training.tracking import Run  # its MLflow takes 1.7 s to import

    told, key = context.tracking, digest(report.dumps().encode())
    tags = told.by.tags | {PIPELINE: context.pipeline, "mlops.data": report.data, "mlops.search": key}
    where, name = (told.uri, told.experiment), f"{context.pipeline}/tune"
    search = Run(*where, name=name, key=f"search {key}", tags=tags, data=told.data)
    if search.known:
        search.finish({})
        return
    search.parameters({"sampler": report.sampler, "pruner": report.pruner, "seed": report.seed})
    for trial in report.trials:
        more = {CANDIDATE: trial.candidate, "mlops.trial": str(trial.number), "mlops.state": trial.state}
        run = Run(
            *where, name=f"{name}/{trial.number}", key=f"search {key} {trial.number}", tags=tags | more, parent=search
        )
        run.parameters({**trial.parameters, "candidate": trial.candidate})
        measured = {"score": trial.score, "loss": trial.loss}
        said = {"score": f"validation/{report.select_by}", "loss": "validation/loss"}
        run.finish(
            {said[name]: float(value) for name, value in measured.items() if value is not None},
            "FAILED" if trial.state == "failed" else "FINISHED",
        )
    best = {f"{name}.trial": str(winner.trial) for name, winner in report.best.items()}
    search.finish({}, **{f"mlops.best.{key}": value for key, value in best.items()})
