"""Every kind that a user may write has a block and is built; nothing else has a name."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import Tag

from mlops.blocks.address import OWN_KIND
from mlops.configuration.model import Model
from mlops.metrics import METRICS
from mlops.ml.evaluation.metrics import compute
from mlops.models import MODELS


def test_every_kind_can_be_written_and_built() -> None:
    parts = [part for member in get_args(get_args(Model)[0]) for part in get_args(member)[1:]]
    assert {part.tag for part in parts if isinstance(part, Tag)} - {"own", "plug-in"} == set(MODELS)
    assert all(callable(kind.load("train")) for kind in MODELS.values())


@pytest.mark.parametrize(
    "kind",
    [
        "os:system",
        "pipelines.churn.model",
        "pipelines.churn.a.b:C",
        "pipelines.../x.y:Z",
        "torch.nn:Linear",
        "pipelines.churn.model:C()",
    ],
)
def test_only_a_class_in_a_pipelines_folder_is_a_kind(kind: str) -> None:
    assert not OWN_KIND.match(kind)
    assert OWN_KIND.match("pipelines.churn.model:Wide_2")


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_that_may_be_named_can_be_computed(name: str) -> None:
    import numpy as np

    task = sorted(METRICS[name].tasks - {"forecasting"} or {"regression"})[0]
    y = np.array([0, 1, 1, 0, 1, 0]) if task != "regression" else np.array([1.0, 2.0, 3.0, 4.0, 5.0, 7.0])
    classes = np.full((6, 8), 0.125) if name.startswith("top_") else np.full((6, 2), 0.5)
    score = {"binary": np.array([0.1, 0.9, 0.6, 0.4, 0.3, 0.2]), "regression": y + 0.5}.get(task, classes)
    value = compute(name, y, score, None, np.array([[0.0, -1.0], [-5.0, 0.0]]))
    assert METRICS[name].low <= value <= METRICS[name].high
