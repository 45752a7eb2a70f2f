"""A pipeline's folder whose rows are dealt into folds, and whose model has a member for each: made without training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from mlops.bundle.recipe import Recipe
from mlops.bundle.transform import Transform
from mlops.files.canonical import dumps
from mlops.ml.data import parquet
from mlops.ml.training.ensemble_graph import merged
from mlops.stages import bundle, features, split
from mlops.stages.context import StageContext
from tests.builders.bundles import make_frame, make_model, make_schema

COUNT = 4


def make_folded(
    root: Path, task: str = "binary", rows: int = 160, cost: dict[str, Any] | None = None, **asked: Any
) -> StageContext:
    """Run the stages up to `bundle`; members are models of other weights each. Gives the context of `evaluate`."""
    folder = root / "pipelines/tiny"
    (folder / "artifacts/model").mkdir(parents=True)
    parquet.write(make_frame(rows, task), folder / "artifacts/valid.parquet")
    (folder / "artifacts/schema.json").write_text(dumps(make_schema(task)))
    by = "random" if task == "regression" else "stratified"
    split.run(StageContext(folder, "tiny", "split", {"target": "y", "task": task, "by": by, "folds": COUNT} | asked))
    features.run(StageContext(folder, "tiny", "features", {"target": "y", "task": task}))
    transform = Transform.read(folder / "artifacts/features/transform.json")
    members = [make_model(transform.shape, task, seed=seed) for seed in range(COUNT)]
    (folder / "artifacts/model/model.onnx").write_bytes(merged(members))
    (folder / "artifacts/model/model.json").write_text(dumps({"schema_version": 1, "folds": COUNT}))
    bundle.run(StageContext(folder, "tiny", "bundle", {"pipeline": "tiny", "cost": cost}))
    section = {"task": task, "target": "y", "metrics": METRICS[task], "bootstrap": {"samples": 200}, "cost": cost}
    return StageContext(folder, "tiny", "evaluate", {**section, "pipeline": "tiny"})


METRICS = {"binary": ["auroc", "brier"], "multiclass": ["accuracy", "log_loss"], "regression": ["mae", "rmse"]}


def rows_of(context: StageContext) -> pl.DataFrame:
    """Read all rows, in their order."""
    return pl.read_parquet(context.path("artifacts/split/test.parquet")).sort("__row__")


def recipe_of(context: StageContext) -> Recipe:
    """Read the transform that all members share."""
    return Transform.read(context.path("artifacts/features/transform.json")).recipe
