"""`mlops stage features`: fit the transform on the training rows, apply it to every part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.files.atomic import writing_folder
from mlops.files.canonical import dumps
from mlops.ml.data.encoding import encode
from mlops.ml.data.finite import unusable
from mlops.ml.data.folds import Folds
from mlops.ml.data.parquet import ROW
from mlops.stages import weighing
from mlops.stages.context import Section
from mlops.stages.fit_transform import Options, fit
from mlops.stages.tables import transformed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mlops.stages.context import StageContext


class Params(Section, Options):
    """The `features` section of params.yaml."""

    weight: str | None = None


def run(context: StageContext) -> None:
    """Write transform.json and the arrays of training and validation."""
    params = Params.model_validate(context.params)
    train = pl.read_parquet(context.path("artifacts/split/train.parquet"))
    validation = pl.read_parquet(context.path("artifacts/split/validation.parquet"))
    recipe = fit(train, context.schema(), params)
    transform = Transform(recipe)
    with writing_folder(context.path("artifacts/features")) as folder:
        (folder / "transform.json").write_text(dumps(recipe.model_dump(mode="json")), encoding="utf-8")
        for name, part in (("train", train), ("validation", validation)):
            _save(folder / f"{name}_x.npy", transformed(transform, part), recipe.groups().missing)
            _save(folder / f"{name}_y.npy", encode(recipe.target, part))
        for name, by in weighing.alike(params.weight, train=train, validation=validation).items():
            _save(folder / f"{name}_w.npy", by)
        if (dealt := Folds.read(context.path("artifacts/split"))) is not None:
            _save(folder / "folds.npy", dealt.of(train[ROW]))
    context.say(f"{len(transform.features):,} features from {len(recipe.columns):,} columns, {train.height:,} rows")
    for note in recipe.notes[:10]:
        context.say(note)


def _save(path: Path, array: np.ndarray[Any, Any], missing: Sequence[int] = ()) -> None:
    """Write an array; NaN means missing in the columns `missing`, and is refused in others as infinity is in all."""
    if array.dtype.kind == "f" and unusable(array, missing):
        raise DataError(f"{path.name} would hold numbers that are not finite")
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)
