"""A pipeline's folder up to its stage `tune`, with small candidates that learn in moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops.ml.training.problem import Examples
from mlops.stages.context import StageContext, Tracking
from tests.builders.training import binary, write_features

TREES = {"kind": "gradient_boosting", "trees": 40, "depth": 2, "min_leaf": 5}
SPACES: dict[str, Any] = {
    "linear": {"l2": {"low": 0.001, "high": 1000.0, "log": True}},
    "trees": {"lr": {"low": 0.01, "high": 0.5, "log": True}, "depth": {"low": 1, "high": 3}},
}


def tune_params(**changes: Any) -> dict[str, Any]:
    """A `tune` section that searches both candidates."""
    return {
        "pipeline": "churn",
        "task": "binary",
        "seed": 0,
        "select_by": "log_loss",
        "candidates": {"linear": {"kind": "linear"}, "trees": TREES},
        "trainer": {"max_epochs": 4, "batch_size": 32},
        "trials": {"linear": 3, "trees": 6},
        "sampler": "tpe",
        "pruner": "halving",
        "parallel": 1,
        "space": SPACES,
        "when": "asked",
        "code": "0123456789abcdef",
        "libraries": {},
        **changes,
    }


def searched(
    root: Path, tracking: Tracking | None = None, examples: Examples | None = None, **changes: Any
) -> StageContext:
    """Lay out the folder and say what the stage is given."""
    found = write_features(root, binary(200) if examples is None else examples)
    return StageContext(found.folder, "churn", "tune", tune_params(**changes), tracking)
