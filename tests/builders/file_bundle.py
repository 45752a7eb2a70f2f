"""A bundle that answers rows of a file: its spelling, keys and columns that nobody reads are known to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.bundle import environment
from mlops.bundle.manifest import seal
from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import RequestSchema
from mlops.bundle.transform import Transform
from mlops.files.canonical import dumps
from mlops.files.dialect import Dialect
from mlops.ml.data import delimited
from mlops.ml.data.contract import Contract
from mlops.ml.data.parquet import ROW
from mlops.stages.fit_options import Options
from mlops.stages.fit_transform import fit
from mlops.stages.golden_rows import make
from mlops.stages.profile import profile
from mlops.stages.snapshot import Snapshot
from mlops.stages.tables import scored
from tests.builders.bundles import make_model

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


class FileBundle:
    """A bundle made of a CSV file, its transform learnt from the first half of the rows, and the rows as read."""

    def __init__(self, folder: Path, text: str, nulls: tuple[str, ...] = ("",), **contract: Any) -> None:
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text(text, encoding="utf-8")
        raw = delimited.scan(folder / "rows.csv", Dialect(nulls=nulls), "rows.csv").collect().with_row_index(ROW)
        held = Snapshot(raw, Contract(task="binary", target="y", **contract))
        held.examine()
        self.failed = [check.message for check in held.checks if check.blocks]
        self.schema = held.schema()
        self.frame = held.frame
        self.folder = folder / "bundle"
        self.folder.mkdir()
        self._write(held.frame, nulls)

    def _write(self, frame: pl.DataFrame, nulls: tuple[str, ...]) -> None:
        train = frame.head(frame.height // 2)
        recipe = fit(train, self.schema, Options(task="binary", target="y"))
        transform = Transform(recipe)
        model = make_model(transform.shape)
        schema = RequestSchema.of(recipe, self.schema.value(), nulls=nulls)
        predictor = Predictor(transform, OnnxModel(model), schema)
        described = profile(train, recipe, scored(predictor, train))
        (self.folder / "model.onnx").write_bytes(model)
        texts = {
            "transform.json": dumps(recipe.model_dump(mode="json")),
            "model.json": "{}\n",
            "schema.json": schema.dumps(),
            "golden.json": make(predictor, described, 4).dumps(),
            "profile.json": described.dumps(),
            environment.NAME: environment.requirements(),
        }
        for name, content in texts.items():
            (self.folder / name).write_text(content, encoding="utf-8")
        self.digest = seal(self.folder, "rows", "binary").digest
        self.predictor = Predictor.open(self.folder, self.digest)
