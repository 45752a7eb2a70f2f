"""What a trained model says of the validation rows: a table that can be held against another of the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops.files.plain_yaml import Values

if TYPE_CHECKING:
    from mlops.ml.evaluation.predictions import Predictions


def scored(folder: Path, parameters: Values) -> Predictions:
    """Ask the candidate of a pipeline's folder, as it was chosen, about the validation rows.

    `parameters` are those of its stages.

    No other rows are read; where rows are in folds, each is answered by the member that it stopped. Rows of one group
    are marked as such, so that intervals know.
    """
    import numpy as np
    import polars as pl

    from mlops.bundle.model import OnnxModel
    from mlops.bundle.transform import Transform
    from mlops.ml.data.folds import Folds
    from mlops.ml.data.parquet import ROW
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.stages.clusters import numbered
    from mlops.stages.released import BEFORE
    from mlops.stages.served_columns import taken
    from mlops.stages.weighing import of

    made = folder / "artifacts/model"
    before = made / BEFORE  # of a recorded run whose model has learnt from these rows since
    model = OnnxModel((before if before.is_file() else made / "model.onnx").read_bytes())
    features, rows = folder / "artifacts/features", pl.read_parquet(folder / "artifacts/split/validation.parquet")
    x, y = (np.load(features / f"validation_{axis}.npy", allow_pickle=False) for axis in "xy")
    recipe = Transform.read(features / "transform.json").recipe
    dealt = Folds.read(folder / "artifacts/split")
    x = taken(x, recipe, (made / "model.json").read_bytes())
    score = model.score(x) if dealt is None else dealt.inner(model.members(x), rows[ROW])
    group = _group(parameters)
    return Predictions(
        task=recipe.task,
        rows=rows[ROW].to_numpy(),
        target=y,
        scores={"candidate": score},
        slices={},
        groups=None if group is None or group not in rows.columns else numbered(rows[group]),
        classes=tuple(map(str, recipe.target.classes or ())),
        weights=of(rows, parameters.get("features", {}).get("weight")),
        folds=None if dealt is None else dealt.of(rows[ROW]),
    )


def _group(parameters: Values) -> str | None:
    """Name the column whose rows hang together, as `evaluate` has it."""
    split = parameters.get("split", {})
    group: str | None = split.get("entity") or (split.get("key") if split.get("by") == "group" else None)
    return group
