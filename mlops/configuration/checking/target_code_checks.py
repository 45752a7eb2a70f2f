"""What categories that are told by the target need of the other blocks: one division of the rows, made once."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.column_group import TARGET_CODED
from mlops.configuration.checking.problem import Problem
from mlops.configuration.model import Own
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.models import MODELS
from mlops.models.groups import read_by

_RULE = "target-codes"


def targets_are_not_told(pipeline: Pipeline) -> Iterator[Problem]:
    """Codes are of the targets of all training rows: who is judged on some of these must not read them."""
    for name, model in pipeline.model.items():
        groups = model.groups or () if isinstance(model, Own) else read_by(MODELS[model.kind], model)
        if TARGET_CODED not in groups:
            continue
        path: Path = ("model", name, "columns" if "columns" in type(model).model_fields else "groups")
        what = f"candidate {name} reads categories by the target (`{TARGET_CODED}`)"
        if pipeline.data.split.folds is not None:
            message = f"{what}, and a member of folds would be told the targets of the rows that it is judged on"
            yield Problem(path, message, "split by `fractions`, or write other `columns`", _RULE)
        if pipeline.evaluate.backtest is not None or (pipeline.forecast and pipeline.forecast.backtest):
            message = f"{what}, and a backtest would be told what came after its origins"
            yield Problem(path, message, "remove `backtest`, or write other `columns`", _RULE)
        if pipeline.forecast and pipeline.forecast.horizons:
            message = f"{what}, and of several `horizons` each target stands in several rows that tell each other"
            yield Problem(path, message, "write one `horizon`, or other `columns`", _RULE)
