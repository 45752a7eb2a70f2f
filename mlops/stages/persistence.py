"""Rows in time, scored by the target of the last time: a baseline that needs the rows of every part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from pydantic import BaseModel

from mlops.ml.data.encoding import encode
from mlops.ml.data.names import helper
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import PARTS
from mlops.ml.evaluation.persistence import as_last_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.recipe_items import Target
    from mlops.stages.context import StageContext

_PART = helper("part")


class Persistence(BaseModel, extra="forbid", frozen=True):
    """The column of time, and the one of what has a past of its own, if one is declared."""

    time: str
    thing: str | None = None

    def score(self, context: StageContext, target: Target, task: str, rows: pl.DataFrame) -> NDArray[np.float64]:
        """Score rows [n] of any part by what was known before each: [n], or [n, classes] of several classes."""
        columns = list(dict.fromkeys([ROW, self.time, target.name, *([self.thing] if self.thing else [])]))
        whole = pl.concat(
            pl.read_parquet(context.path(f"artifacts/split/{part}.parquet"), columns=columns).with_columns(
                pl.lit(part).alias(_PART)
            )
            for part in PARTS
        )
        things = whole[self.thing] if self.thing else None
        learnt = (whole[_PART] == "train").to_numpy()
        scores = as_last_time(task, whole[self.time], things, encode(target, whole), learnt, len(target.classes or ()))
        places = rows.select(ROW).join(
            whole.select(ROW).with_row_index(_PART), on=ROW, how="left", maintain_order="left"
        )
        return np.asarray(scores[places[_PART].to_numpy().astype(np.int64)])
