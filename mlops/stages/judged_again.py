"""Whether a bundle is too good to be true on the test rows: what a judge finds out, who believes no report of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlops.ml.data.encoding import encode
from mlops.ml.data.too_good import plainly
from mlops.ml.training.problem import Examples
from mlops.stages import hanging
from mlops.stages.tables import scored, transformed

if TYPE_CHECKING:
    import polars as pl

    from mlops.bundle.predictor import Predictor
    from mlops.documents.training import TooGood


def look(train: pl.DataFrame, test: pl.DataFrame, bundled: Predictor) -> TooGood | None:
    """Look at what a bundle says of test rows; None where that can be true, or the features are pixels."""
    recipe = bundled.transform.recipe
    if recipe.kind == "image":
        return None
    scores = np.asarray(scored(bundled, test), dtype=np.float64)
    y = encode(recipe.target, test).astype(np.float64)
    if plainly(y, scores if scores.ndim > 1 else scores[:, None], recipe.task) is None:
        return None
    examples = Examples(
        transformed(bundled.transform, train),
        encode(recipe.target, train),
        transformed(bundled.transform, test),
        encode(recipe.target, test),
    )
    found = hanging.judge(examples, hanging.names_of(recipe), recipe.task, bundled.model.score, recipe.groups())
    return None if found is None else found.model_copy(update={"part": "test"})
