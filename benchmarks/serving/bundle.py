"""The bundle that is served: 32 raw columns, and a perceptron of two hidden layers as ONNX."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
from onnx import TensorProto, helper, numpy_helper

from mlops.bundle import environment
from mlops.bundle.manifest import seal
from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import RequestSchema
from mlops.bundle.transform import Transform
from mlops.documents.table import TableSchema
from mlops.files.canonical import dumps
from mlops.stages.fit_options import Options
from mlops.stages.fit_transform import fit
from mlops.stages.golden_rows import make
from mlops.stages.profile import profile
from mlops.stages.tables import scored

FLOATS, INTS, CATEGORIES = 24, 4, 4
COLUMNS = FLOATS + INTS + CATEGORIES
_HIDDEN = 64


def frame(rows: int, seed: int = 0) -> pl.DataFrame:
    """Make a table of the 32 columns and the target, without missing values."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {"__row__": range(rows)}
    columns |= {f"number_{index}": rng.normal(40, 12, rows).round(2) for index in range(FLOATS)}
    columns |= {f"count_{index}": rng.integers(0, 1000, rows) for index in range(INTS)}
    columns |= {f"level_{index}": rng.choice(["north", "south", "east", "west"], rows) for index in range(CATEGORIES)}
    return pl.DataFrame(columns | {"y": rng.random(rows) > 0.5})


def _schema() -> dict[str, Any]:
    kinds = {f"number_{index}": "float" for index in range(FLOATS)}
    kinds |= {f"count_{index}": "int" for index in range(INTS)}
    kinds |= {f"level_{index}": "category" for index in range(CATEGORIES)}
    seen = {"nullable": False, "categories": None, "sensitive": False, "minimum": None, "maximum": None}
    columns = [{"name": name, "type": kind, "role": "feature", **seen} for name, kind in kinds.items()]
    columns.append({"name": "y", "type": "bool", "role": "target", **seen})
    told = {"task": "binary", "target": "y", "positive": True, "classes": [False, True]}
    return {"schema_version": 1, **told, "columns": columns}


def _perceptron(width: int) -> bytes:
    rng = np.random.default_rng(1)
    sizes = (width, _HIDDEN, _HIDDEN, 1)
    nodes, weights, source = [], [], "x"
    for layer, (wide, high) in enumerate(itertools.pairwise(sizes)):
        drawn = rng.normal(0, 1 / wide**0.5, (wide, high)).astype(np.float32)
        weights += [numpy_helper.from_array(drawn, f"w{layer}")]
        weights += [numpy_helper.from_array(np.zeros(high, dtype=np.float32), f"b{layer}")]
        nodes.append(helper.make_node("Gemm", [source, f"w{layer}", f"b{layer}"], [f"sum{layer}"]))
        source = f"sum{layer}"
        if high > 1:
            nodes.append(helper.make_node("Relu", [source], [f"layer{layer}"]))
            source = f"layer{layer}"
    nodes += [helper.make_node("Squeeze", [source, "axis"], ["flat"]), helper.make_node("Sigmoid", ["flat"], ["y"])]
    weights.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"))
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])
    answer = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    graph = helper.make_graph(nodes, "perceptron", [given], [answer], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def make_bundle(folder: Path) -> Path:
    """Write a whole bundle."""
    folder.mkdir(parents=True)
    train, held = frame(500), frame(100, seed=2)
    recipe = fit(train, TableSchema.model_validate(_schema()), Options(task="binary", target="y"))
    transform = Transform(recipe)
    data = _perceptron(transform.shape[0])
    schema = RequestSchema.of(recipe, _schema())
    predictor = Predictor(transform, OnnxModel(data), schema)
    described = profile(train, recipe, scored(predictor, held))
    model = {"candidate": "mlp", "kind": "mlp", "task": "binary", "input": list(transform.shape), "outputs": 1}
    texts = {
        "transform.json": dumps(recipe.model_dump(mode="json")),
        "model.json": dumps({"schema_version": 1, **model, "parameters": {}}),
        "schema.json": schema.dumps(),
        "golden.json": make(predictor, described, 8).dumps(),
        "profile.json": described.dumps(),
        environment.NAME: environment.requirements(),
    }
    (folder / "model.onnx").write_bytes(data)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    seal(folder, "wide", "binary")
    return folder


def bodies(bundle: Path, rows: int) -> dict[str, bytes]:
    """Spell so many rows as each form of a body, and as the ready-made features that MLflow is sent."""
    drawn = frame(rows, seed=3).drop("__row__", "y").to_dicts()
    names, data = list(drawn[0]), [list(row.values()) for row in drawn]
    features = Predictor.open(bundle).transform.apply_rows(drawn).tolist()
    spelt = {
        "records": {"dataframe_records": drawn},
        "split": {"dataframe_split": {"columns": names, "data": data}},
        "inputs": {"inputs": {name: [row[name] for row in drawn] for name in names}},
        "mlflow": {"inputs": {"x": features}},
    }
    return {form: json.dumps(document).encode() for form, document in spelt.items()}


def save_for_mlflow(bundle: Path, folder: Path) -> Path:
    """Save the very ONNX of a bundle as MLflow's flavour."""
    import mlflow.onnx
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    model = onnx.load_model(bundle / "model.onnx")
    shape = Predictor.open(bundle).model.shape
    given = TensorSpec(np.dtype(np.float32), (-1, *shape), "x")
    answer = TensorSpec(np.dtype(np.float32), (-1,), "y")
    mlflow.onnx.save_model(model, str(folder), signature=ModelSignature(Schema([given]), Schema([answer])))
    return folder
