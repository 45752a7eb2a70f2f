"""Builds small, complete bundles and the pipeline folders they come from, in milliseconds and without training."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import polars as pl
from onnx import TensorProto, helper, numpy_helper

from mlops.bundle import environment
from mlops.bundle.contents import Contents
from mlops.bundle.golden import Golden
from mlops.bundle.manifest import seal
from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import Requests, RequestSchema
from mlops.bundle.transform import Transform
from mlops.documents.table import TableSchema
from mlops.files.canonical import digest_file, dumps
from mlops.monitor.reference import Reference
from mlops.stages import attribution_basis
from mlops.stages.fit_options import Options
from mlops.stages.fit_transform import fit
from mlops.stages.golden_rows import make
from mlops.stages.profile import profile
from mlops.stages.tables import scored
from tests.builders.papers import reports_of

VERSION1 = Path(__file__).parent / "version1"
"""A bundle as `package` wrote it while it held its own papers; made once, by the code of then."""
CLASSES = {"binary": [False, True], "multiclass": ["high", "low", "middle"], "regression": None}
COLUMNS = (
    ("age", "float", True),
    ("visits", "int", False),
    ("insured", "bool", False),
    ("plan", "category", True),
    ("joined", "date", False),
    ("seen", "datetime", True),
)

DATES = tuple(f"{name}{part}" for name in ("joined", "seen") for part in ("", ".month", ".weekday", ".year"))
"""What is watched of the columns that are dates, in the order of their names."""


def make_frame(rows: int = 60, task: str = "binary", seed: int = 0) -> pl.DataFrame:
    """A table with every type of column, nulls in three of them, and a target that fits the task."""
    rng = np.random.default_rng(seed)
    age = [None if index % 7 == 3 else round(float(value), 2) for index, value in enumerate(rng.normal(40, 12, rows))]
    plans = rng.choice(["basic", "plus", "gold", "rare"], rows, p=[0.5, 0.3, 0.15, 0.05]).tolist()
    targets = {
        "binary": [bool(value) for value in rng.random(rows) > 0.4],
        "multiclass": [CLASSES["multiclass"][index % 3] for index in range(rows)],
        "regression": rng.normal(10, 3, rows).round(3).tolist(),
    }
    return pl.DataFrame(
        {
            "__row__": range(rows),
            "age": age,
            "visits": rng.integers(0, 20, rows).tolist(),
            "insured": [bool(value) for value in rng.random(rows) > 0.5],
            "plan": [None if index % 11 == 5 else plan for index, plan in enumerate(plans)],
            "joined": [date(2015, 1, 1) + timedelta(days=int(days)) for days in rng.integers(0, 3000, rows)],
            "seen": [
                None if index % 13 == 7 else datetime(2020, 5, 1, 8) + timedelta(minutes=int(minutes))
                for index, minutes in enumerate(rng.integers(0, 10**6, rows))
            ],
            "y": targets[task],
        },
        schema_overrides={"age": pl.Float64, "plan": pl.String, "seen": pl.Datetime("us")},
    )


def make_schema(task: str = "binary") -> dict[str, Any]:
    """What the validate stage says of `make_frame`."""
    classes = CLASSES[task]
    kinds = {"binary": "bool", "multiclass": "string", "regression": "float"}
    features = [
        {"name": name, "type": kind, "role": "feature", "nullable": nullable, "categories": None}
        | {"minimum": None, "maximum": None, "sensitive": name == "insured"}
        for name, kind, nullable in COLUMNS
    ]
    target = {
        "name": "y",
        "type": kinds[task],
        "role": "target",
        "nullable": False,
        "categories": None,
        "sensitive": False,
    }
    return {
        "schema_version": 1,
        "task": task,
        "target": "y",
        "positive": classes[-1] if task == "binary" and classes else None,
        "classes": classes,
        "columns": [*features, target | {"minimum": None, "maximum": None}],
    }


def make_recipe(train: pl.DataFrame, task: str = "binary", **options: Any) -> dict[str, Any]:
    """Fit the transform on a frame."""
    schema = TableSchema.model_validate(make_schema(task))
    return fit(train, schema, Options(task=task, target="y", **options)).model_dump(mode="json")


def make_model(shape: tuple[int, ...], task: str = "binary", outputs: int = 3, seed: int = 1) -> bytes:
    """A linear model with fixed weights as ONNX bytes: sigmoid, softmax or plain, by task."""
    wide, width = outputs if task == "multiclass" else 1, int(np.prod(shape))
    weights = np.random.default_rng(seed).normal(0, 0.5, (width, wide)).astype(np.float32)
    last = {
        "binary": [
            helper.make_node("Squeeze", ["sum", "axis"], ["flat"]),
            helper.make_node("Sigmoid", ["flat"], ["y"]),
        ],
        "multiclass": [helper.make_node("Softmax", ["sum"], ["y"], axis=1)],
        "regression": [helper.make_node("Squeeze", ["sum", "axis"], ["y"])],
    }[task]
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["rows"], axis=1),
            helper.make_node("Gemm", ["rows", "weights", "bias"], ["sum"]),
            *last,
        ],
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", wide] if task == "multiclass" else ["n"])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.full(wide, 0.1, dtype=np.float32), "bias"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def make_predictor(task: str = "binary", **requests: Any) -> Predictor:
    """A predictor in memory, fitted on `make_frame`; `requests` say what it does with bad rows."""
    transform = Transform.parse(make_recipe(make_frame(task=task), task))
    model = OnnxModel(make_model(transform.shape, task))
    return Predictor(transform, model, RequestSchema.of(transform.recipe, requests=Requests(**requests)))


def golden_of(predictor: Predictor, count: int) -> Golden:
    """Golden rows of a predictor that was fitted on `make_frame`."""
    frame = make_frame(task=predictor.task)
    return make(predictor, profile(frame, predictor.transform.recipe, scored(predictor, frame)), count)


def make_bundle(
    folder: Path,
    task: str = "binary",
    seed: int = 1,
    golden_rows: int = 8,
    requests: Requests | None = None,
    *,
    explains: bool = False,
) -> Path:
    """A complete, valid bundle in `folder`, which is made; another `seed` makes another model."""
    folder.mkdir(parents=True)
    for name, data in _made(task, seed, golden_rows, requests, explains).items():
        (folder / name).write_bytes(data)
    return folder


@cache
def _made(
    task: str, seed: int, golden_rows: int, requests: Requests | None, explains: bool = False
) -> dict[str, bytes]:
    """The files of a bundle, which are the same each time: made once."""
    train, held = make_frame(task=task), make_frame(40, task, seed=2)
    recipe = make_recipe(train, task)
    transform = Transform.parse(recipe)
    data = make_model(transform.shape, task, seed=seed)
    schema = RequestSchema.of(transform.recipe, make_schema(task), requests)
    predictor = Predictor(transform, OnnxModel(data), schema)
    described = profile(train, transform.recipe, scored(predictor, held))
    texts = {
        "transform.json": dumps(recipe),
        "model.json": dumps(_model_json(transform, task)),
        "schema.json": predictor.schema.dumps(),
        "golden.json": make(predictor, described, golden_rows).dumps(),
        "profile.json": described.dumps(),
        environment.NAME: environment.requirements(),
    }
    if explains:
        golden = predictor.transform.apply_rows(Golden.parse(texts["golden.json"].encode()).rows)
        texts["explain.json"] = attribution_basis.make(data, predictor, golden, golden).dumps()
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "model.onnx").write_bytes(data)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        seal(folder, "tiny", task)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def reference_of(bundle: Path) -> Reference:
    """A bundle as the monitor knows it, without papers."""
    return Reference.of(Contents.read(bundle))


def make_pipeline(folder: Path, task: str = "binary", verdict: str = "pass") -> Path:
    """A pipeline's folder as it is before `package`: split, transform, model, bundle, predictions, reports."""
    frames = {"train": make_frame(task=task), "validation": make_frame(30, task, 3), "test": make_frame(40, task, 2)}
    for name in ("artifacts/split", "artifacts/features", "artifacts/model", "artifacts/evaluation", "reports"):
        (folder / name).mkdir(parents=True)
    for name, frame in frames.items():
        frame.write_parquet(folder / f"artifacts/split/{name}.parquet")
    transform = Transform.parse(recipe := make_recipe(frames["train"], task))
    (folder / "artifacts/features/transform.json").write_text(dumps(recipe))
    (folder / "artifacts/model/model.onnx").write_bytes(make_model(transform.shape, task))
    (folder / "artifacts/model/model.json").write_text(dumps(_model_json(transform, task)))
    (folder / "artifacts/schema.json").write_text(dumps(make_schema(task)))
    digest = digest_file(make_bundle(folder / "artifacts/bundle", task, golden_rows=12) / "manifest.json")
    predictor = Predictor.open(folder / "artifacts/bundle")
    scores = scored(predictor, frames["test"]).astype(np.float64)
    predictions = folder / "artifacts/evaluation/predictions.parquet"
    pl.DataFrame({"__row__": frames["test"]["__row__"], "candidate": scores}).write_parquet(predictions)
    for name, report in reports_of(digest, verdict, digest_file(predictions)).items():
        (folder / f"reports/{name}.json").write_text(dumps(report))
    return folder


def manifest_of(bundle: Path) -> dict[str, Any]:
    """The manifest of a bundle as plain JSON, for a test to spoil."""
    document: dict[str, Any] = json.loads((bundle / "manifest.json").read_bytes())
    return document


def _model_json(transform: Transform, task: str) -> dict[str, Any]:
    outputs = 3 if task == "multiclass" else 1
    model = {"schema_version": 1, "candidate": "linear", "kind": "linear", "task": task, "parameters": {"lr": 0.001}}
    return model | {"input": list(transform.shape), "outputs": outputs}
