"""Trials in MLflow: a run each, in an experiment of their own, so that those of pull requests stay apart."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from mlops.documents.trial import Trial
from mlops.files.canonical import digest_json
from mlops.files.plain_yaml import Values
from mlops.files.tracked import Data
from mlops.operations.processes.stage import tracking
from mlops.operations.tracked import data_of, source_here

_POINTS = 25  # of a course: each is a request


def experiment(name: str) -> str:
    """Name the experiment of a pipeline's trials."""
    return f"{name}-trials"


def log(root: Path, settings: Mapping[str, str], trial: Trial, history: Path) -> bool:
    """Log a trial: what it set, what it was trained with, the course of each candidate, figures on validation.

    Where MLflow fails, a warning says so, the trial stands all the same, and this gives False.
    """
    where = tracking(root, {**settings, "experiment": experiment(trial.pipeline)})
    if where is None:
        return False
    from mlops.ml.training.tracking import Run  # its MLflow takes 1.7 s to import

    train = trial.parameters.get("train", {})
    by = source_here(root, f"mlops try {trial.pipeline}")
    tags = {
        **by.tags,
        "mlops.pipeline": trial.pipeline,
        "mlops.trial": trial.id,
        "mlops.candidate": trial.chosen,
        "mlops.data": trial.data or "",
        "mlops.configuration": digest_json(trial.parameters),
        **{f"mlops.try.{key}": str(value) for key, value in trial.overrides.items()},
        **({} if trial.commit is None else {"mlflow.source.git.commit": trial.commit}),
    }
    run = Run(
        where.uri,
        where.experiment,
        name=f"{trial.pipeline}/{trial.id}",
        key=f"trial {trial.id}",
        tags=tags,
        data=_data(root, trial),
    )
    asked = train.get("candidates")
    trained = {name: asked[name] for name in trial.candidates} if isinstance(asked, dict) else {}
    run.parameters({**trial.overrides, "train": {**_common(train), "candidates": trained}})
    for step, measures in _course(history).items():
        run.log(measures, step)
    final = trial.candidates[trial.chosen].validation.items()
    run.finish({f"validation/{metric}": float(value) for metric, value in final if value is not None})
    return bool(run.id)


def _data(root: Path, trial: Trial) -> Data | None:
    """Say what a trial learnt from; of data that was not recorded yet, or is not any more, the digest is all."""
    if trial.data is None:
        return None
    known = data_of(root / "pipelines" / trial.pipeline)
    return known if known.digest == trial.data else Data(trial.pipeline, trial.data, known.place)


def _common(train: Values) -> Values:
    """Keep what all candidates are trained with."""
    return {key: train[key] for key in ("trainer", "seed", "select_by") if key in train}


def _course(history: Path) -> dict[int, dict[str, float]]:
    """Read the course of every candidate, by epoch; of a long one some points."""
    found: dict[int, dict[str, float]] = {}
    with history.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(int(row["epoch"]), {})[f"{row['candidate']}/{row['metric']}"] = float(row["value"])
    steps = sorted(found)
    return {step: found[step] for step in steps[:: max(1, len(steps) // _POINTS)]}
