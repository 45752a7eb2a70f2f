"""Score the test rows as `evaluate` does and write the predictions alone: what a judge holds the recorded ones against.

No stage of DVC's: the code that judges a change calls it, in a folder of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.files.atomic import writing_folder
from mlops.stages.evaluate import Params, score

if TYPE_CHECKING:
    from mlops.stages.context import StageContext


def run(context: StageContext) -> None:
    """Write predictions.parquet."""
    found = score(context, Params.model_validate(context.params))
    with writing_folder(context.path("artifacts/evaluation")) as folder:
        found.predictions.write(folder / "predictions.parquet")
