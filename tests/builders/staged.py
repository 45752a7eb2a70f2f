"""A table taken through the stages of a pipeline in this process, from `validate` to `evaluate`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mlops.ml.data import parquet
from mlops.stages import bundle, evaluate, features, split, train, validate
from mlops.stages.context import StageContext
from tests.unit.stages.test_step_features import PARAMS as FEATURES


@dataclass(frozen=True)
class Staged:
    """The folder of a pipeline whose stages were run; `sections` are what each was given."""

    folder: Path
    sections: dict[str, dict[str, Any]]

    def context(self, stage: str) -> StageContext:
        """What a stage is given."""
        return StageContext(self.folder, "tiny", stage, self.sections[stage])

    def report(self, name: str) -> dict[str, Any]:
        """Read a report."""
        document: dict[str, Any] = json.loads((self.folder / "reports" / f"{name}.json").read_bytes())
        return document


def staged(
    folder: Path, table: pl.DataFrame, task: str, weight: str | None = None, until: str = "evaluate", **changes: Any
) -> Staged:
    """Run the stages on a table whose target is `y`, the last being `until`; `changes` are of sections, by stage."""
    place = folder / "pipelines" / "tiny"
    place.mkdir(parents=True, exist_ok=True)
    parquet.write(table.with_row_index("__row__").cast({"__row__": pl.Int64}), place / "artifacts/raw.parquet")
    metrics = {"binary": ["auroc", "log_loss", "ece"], "multiclass": ["log_loss"], "regression": ["rmse", "mae"]}[task]
    by = {} if weight is None else {"weight": weight}
    sections: dict[str, dict[str, Any]] = {
        "validate": {"task": task, "target": "y", **by},
        "split": {"target": "y", "task": task, "by": "random"},
        "features": {**{k: v for k, v in FEATURES.items() if k not in ("code", "libraries")}, "task": task, **by},
        "train": {
            "task": task,
            "select_by": metrics[0],
            "candidates": {"linear": {"kind": "linear", "l2": 1e-3}},
            "pipeline": "tiny",
            **by,
        },
        "bundle": {"pipeline": "tiny"},
        "evaluate": {
            "task": task,
            "target": "y",
            "metrics": metrics,
            "bootstrap": {"samples": 200},
            "pipeline": "tiny",
            **by,
        },
    }
    done = Staged(place, {name: section | changes.get(name, {}) for name, section in sections.items()})
    for stage in (validate, split, features, train, bundle, evaluate):
        name = stage.__name__.rsplit(".", 1)[1]
        stage.run(done.context(name))
        if name == until:
            break
    return done
