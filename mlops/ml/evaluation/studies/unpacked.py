"""Pictures of a column as columns of pixels, for what changes numbers, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.ml.data.names import helper
from mlops.ml.data.parquet import ROW
from mlops.perturbations.scene import Scene, values
from mlops.pictures.pixels import Pictures

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True)
class Unpacked:
    """A scene whose columns are the pixels of one column of pictures; `rows` has the pictures as they were."""

    scene: Scene
    name: str
    rows: pl.DataFrame

    @classmethod
    def of(cls, scene: Scene) -> Self | None:
        """Unpack the one column of pictures that a model reads; None where it reads others."""
        if list(scene.columns.values()) != ["image"] or scene.shape is None:
            return None
        (name,) = scene.columns
        count = math.prod(scene.shape)
        columns = {helper(f"pixel{place}"): "int" for place in range(count)}
        test, train = (_pixels(frame, name, list(columns)) for frame in (scene.test, scene.train))
        return cls(Scene(test, train, columns, scene.shape), name, scene.test)

    def packed(self, changed: pl.DataFrame) -> pl.DataFrame:
        """Bring changed pixels back to whole numbers from 0 to 255; a row without a picture stays without."""
        flat = np.stack([values(changed, column) for column in self.scene.columns], axis=1)
        whole = np.clip(np.floor(np.nan_to_num(flat) + 0.5), 0, 255).astype(np.uint8)
        old = self.rows[self.name].to_list()
        made = [None if before is None else after.tobytes() for before, after in zip(old, whole, strict=True)]
        return self.rows.with_columns(pl.Series(self.name, made, dtype=pl.Binary))


def _pixels(frame: pl.DataFrame, name: str, columns: list[str]) -> pl.DataFrame:
    """Give rows a column for each pixel."""
    pixels = Pictures.of(frame[name].to_list(), len(columns)).pixels.astype(np.float64)
    return pl.DataFrame(pixels, schema=columns, orient="row").insert_column(0, frame[ROW])
