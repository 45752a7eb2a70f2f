"""`mlops stage features`: fit the transform on the training rows, apply it to every part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.blocks.derived import reads
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
from mlops.stages.fit_options import Options
from mlops.stages.fit_target_codes import learnt_from, refuse_folds
from mlops.stages.fit_transform import fit
from mlops.stages.tables import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.documents.table import TableSchema
    from mlops.stages.context import StageContext


class Params(Section, Options):
    """The `features` section of params.yaml."""


def run(context: StageContext) -> None:
    """Write transform.json and the arrays of training and validation."""
    params = Params.model_validate(context.params)
    schema = context.schema()
    train, validation = (_read(context, part, schema, params) for part in ("train", "validation"))
    recipe = fit(train, schema, params)
    transform = Transform(recipe)
    dealt = Folds.read(context.path("artifacts/split"))
    if dealt is not None:
        refuse_folds(recipe)
    told = learnt_from(recipe, train, params.weight, params.seed)
    with writing_folder(context.path("artifacts/features")) as folder:
        (folder / "transform.json").write_text(dumps(recipe.model_dump(mode="json")), encoding="utf-8")
        for name, part in (("train", train), ("validation", validation)):
            _stream(folder / f"{name}_x.npy", transform, part, told if name == "train" else {})
            _save(folder / f"{name}_y.npy", encode(recipe.target, part))
        for name, by in weighing.alike(params.weight, train=train, validation=validation).items():
            _save(folder / f"{name}_w.npy", by)
        if dealt is not None:
            _save(folder / "folds.npy", dealt.of(train[ROW]))
    context.say(f"{len(transform.features):,} features from {len(recipe.columns):,} columns, {train.height:,} rows")
    for note in recipe.notes[:10]:
        context.say(note)


def _read(context: StageContext, part: str, schema: TableSchema, params: Params) -> pl.DataFrame:
    """Read the rows of a part, without the keys that nothing is computed of."""
    asked = [*params.derive.values(), *([] if params.where is None else [params.where.keep])]
    used = {name for computed in asked for name in reads(computed)} | {params.target, params.weight}
    apart = {column.name for column in schema.columns if column.role == "key"} - used
    path = context.path(f"artifacts/split/{part}.parquet")
    return pl.read_parquet(path, columns=[name for name in pl.read_parquet_schema(path) if name not in apart])


def _stream(path: Path, transform: Transform, rows: pl.DataFrame, told: Mapping[int, NDArray[np.float32]]) -> None:
    """Write what the transform makes of rows, as `np.save` would, without ever holding all of it.

    `told` has whole columns [n] that training rows are given instead, by their place.
    """
    about = {"descr": "<f4", "fortran_order": False, "shape": (rows.height, *transform.shape)}
    missing = transform.recipe.groups().missing
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, about)
        start = 0
        for block in blocks(transform, rows):
            for place, column in told.items():
                block[:, place] = column[start : start + len(block)]
            start += len(block)
            _refuse_infinite(path, block, missing)
            file.write(np.ascontiguousarray(block, dtype="<f4").data)


def _save(path: Path, array: np.ndarray[Any, Any]) -> None:
    _refuse_infinite(path, array)
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def _refuse_infinite(path: Path, array: np.ndarray[Any, Any], missing: Sequence[int] = ()) -> None:
    """Refuse infinity, and NaN but in the columns `missing`, where it is a value."""
    if array.dtype.kind == "f" and unusable(array, missing):
        raise DataError(f"{path.name} would hold numbers that are not finite")
