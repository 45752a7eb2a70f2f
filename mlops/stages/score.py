"""Score the test rows as `evaluate` does and write the predictions alone: what a judge holds the recorded ones against.

Beside them stands whether they are too good to be true, which nobody is believed about. No stage of DVC's: the code
that judges a change calls it, in a folder of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from mlops.documents.training import TrainingReport
from mlops.files.atomic import write_text, writing_folder
from mlops.stages import judged_again
from mlops.stages.evaluate import Params, score

if TYPE_CHECKING:
    from mlops.stages.context import StageContext

FOUND = "artifacts/evaluation/training.json"
"""What was found to be too good to be true, as `train` reports it."""


def run(context: StageContext) -> None:
    """Write predictions.parquet, and what of them cannot be true."""
    params = Params.model_validate(context.params)
    found = score(context, params)
    with writing_folder(context.path("artifacts/evaluation")) as folder:
        found.predictions.write(folder / "predictions.parquet")
    if params.forecast is None:  # a forecast may know the past of what it forecasts
        train = pl.read_parquet(context.path("artifacts/split/train.parquet"))
        judged = judged_again.look(train, found.test, found.candidate)
        if judged is not None:
            write_text(context.path(FOUND), TrainingReport(too_good=judged).dumps())
