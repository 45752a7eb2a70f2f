"""Pictures beside other columns, and alone, from `validate` to `evaluate`; what is served is what was learnt from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle.picture_text import spelled
from mlops.bundle.prediction_log import Spelling, segment_name
from mlops.bundle.predictor import Predictor
from mlops.bundle.recipe import Recipe
from mlops.bundle.transform import Transform
from mlops.documents.table import TableSchema
from mlops.errors import DataError
from mlops.monitor.segment import read_segment
from mlops.pictures.pixels import digest, measure
from mlops.stages.fit_options import Options
from mlops.stages.fit_transform import fit
from mlops.stages.tables import transformed
from tests.builders.staged import Staged, staged

pytestmark = pytest.mark.slow

SHAPE = (1, 6, 6)
IMAGES = {"photo": {"from": "file", "shape": list(SHAPE), "folder": "data"}}
RECIPE = Recipe.model_validate(
    {
        "schema_version": 2,
        "kind": "tabular",
        "task": "binary",
        "target": {"name": "y", "classes": [False, True]},
        "columns": [
            {"name": "age", "type": "float", "nullable": True},
            {"name": "photo", "type": "image", "nullable": True},
        ],
        "numbers": [{"column": "age", "fill": 1.0, "shift": 0.5, "scale": 2.0}],
        "pictures": [
            {"column": "photo", "shape": [3, 1, 2], "scale": 255, "shift": [0.1, 0.2, 0.3], "spread": [1, 0.3, 7]}
        ],
    }
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"age": st.none() | st.floats(-9, 9), "photo": st.none() | st.binary(min_size=6, max_size=6)}
    ),
    min_size=1,
    max_size=9,
)


@settings(deadline=None)
@given(ROWS)
def test_rows_and_frames_give_the_same_bits(rows: list[dict[str, Any]]) -> None:
    transform = Transform(RECIPE)
    frame = pl.DataFrame(rows, schema={"age": pl.Float64, "photo": pl.Binary})
    by_rows = transform.apply_rows(rows)
    assert by_rows.tobytes() == transformed(transform, frame).tobytes()
    lacking = [place for place, row in enumerate(rows) if row["photo"] is None]
    assert not by_rows[lacking, 1:].any()


def test_a_pixel_is_scaled_and_standardised_by_its_channel() -> None:
    made = Transform(RECIPE).apply_rows([{"age": 0.5, "photo": bytes([255, 0, 51, 0, 0, 255])}])[0]
    assert made.tolist() == pytest.approx([0, 0.9, -0.1, 0, -2 / 3, -0.3 / 7, 0.1])


def test_each_channel_is_standardised_by_what_training_had() -> None:
    draw = np.random.default_rng(0).integers(0, 255, (50, 3, 4), dtype=np.uint8)
    draw[:, 2] = 9
    train = pl.DataFrame({"photo": pl.Series([each.tobytes() for each in draw], dtype=pl.Binary), "y": [0.0, 1.0] * 25})
    common = {"role": "feature", "nullable": False, "sensitive": False, "categories": None}
    column = {**common, "name": "photo", "type": "image", "minimum": None, "maximum": None}
    column["picture"] = {"shape": [3, 2, 2], "resize": "bilinear"}
    schema = TableSchema.model_validate(
        {"task": "regression", "target": "y", "positive": None, "classes": None, "columns": [column]}
    )
    recipe = fit(train, schema, Options.model_validate({"task": "regression", "target": "y", "kind": "image"}))
    x = transformed(Transform(recipe), train)
    assert x.shape == (50, 3, 2, 2)
    assert x[:, :2].mean(axis=(0, 2, 3)) == pytest.approx([0, 0], abs=1e-6)
    assert x[:, :2].std(axis=(0, 2, 3)) == pytest.approx([1, 1], abs=1e-6)
    assert np.abs(x[:, 2]).max() < 1e-9
    plain = {
        "task": "regression",
        "target": "y",
        "kind": "image",
        "images": {"photo": {"scale": 1, "standardise": False}},
    }
    x = transformed(Transform(fit(train, schema, Options.model_validate(plain))), train)
    assert x.reshape(50, 3, 4).tolist() == draw.tolist()


def table(rows: int = 300) -> pl.DataFrame:
    """Make pictures whose left or right half is brighter; `y` says which, and a number knows a little of it."""
    draw = np.random.default_rng(7)
    right = draw.random(rows) < 0.5
    pixels = draw.integers(0, 120, (rows, 6, 6))
    pixels[right, :, 3:] += 60
    pixels[~right, :, :3] += 60
    flat = pixels.reshape(rows, 36).astype(np.uint8)
    brightness, contrast = measure(flat)
    return pl.DataFrame(
        {
            "file": [f"{row}.png" for row in range(rows)],
            "photo": pl.Series([row.tobytes() for row in flat], dtype=pl.Binary),
            "photo.brightness": brightness,
            "photo.contrast": contrast,
            "photo.width": [6] * rows,
            "photo.height": [6] * rows,
            "age": (draw.normal(size=rows) + right).round(3),
            "y": right,
        }
    )


def run(folder: Path, candidate: dict[str, Any], groups: list[str], frame: pl.DataFrame, **features: Any) -> Staged:
    return staged(
        folder,
        frame,
        "binary",
        validate={"keys": ["file"], "images": IMAGES},
        features={"groups": groups, **features},
        train={"candidates": {"one": candidate}, "trainer": {"max_epochs": 3}},
        evaluate={
            "robustness": features.get("robust", {}),
            "slices": ["photo.contrast"],
            "bins": {"photo.contrast": [0.15]},
        },
    )


def served(done: Staged, frame: pl.DataFrame) -> tuple[Predictor, np.ndarray]:
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    names = [field.name for field in predictor.schema.fields]
    rows = frame.select(names).to_dicts()
    for row in rows:
        row["photo"] = spelled(row["photo"])
    return predictor, predictor.predict_rows(rows)


@pytest.mark.parametrize(
    "candidate",
    [
        {"kind": "linear", "l2": 1e-3},
        {"kind": "random_forest", "trees": 20},
        {"kind": "cnn", "channels": [4], "hidden": 8, "image": "photo"},
    ],
    ids=lambda candidate: candidate["kind"],
)
def test_pictures_stand_beside_other_columns(tmp_path: Path, candidate: dict[str, Any]) -> None:
    frame = table()
    done = run(tmp_path, candidate, ["image:photo"], frame)
    predictor, scores = served(done, frame)
    fields = {field.name for field in predictor.schema.fields}
    assert fields == ({"photo"} if candidate["kind"] == "cnn" else {"photo", "age"})
    folder = done.folder / "artifacts/split"
    test = pl.read_parquet(folder / "test.parquet").sort("__row__")
    known = pl.read_parquet(done.folder / "artifacts/evaluation/predictions.parquet")
    column = next(name for name in known.columns if name.startswith("candidate"))
    assert scores[test["__row__"].to_numpy()].tolist() == known.sort(known.columns[0])[column].to_list()
    metrics = done.report("metrics")
    assert candidate["kind"] == "cnn" or metrics["models"]["candidate"]["auroc"]["value"] > 0.8
    assert {each["by"] for each in metrics["slices"]} == {"photo.contrast"}


def test_a_row_is_one_picture_for_a_convolution(tmp_path: Path) -> None:
    frame = table().drop("age")
    robust = {"noise": 0.1, "brightness": 0.1, "shift": 1.0}
    done = staged(
        tmp_path,
        frame,
        "binary",
        validate={"keys": ["file"], "images": IMAGES, "image": True},
        features={"kind": "image"},
        train={"candidates": {"cnn": {"kind": "cnn", "channels": [4], "hidden": 8}}, "trainer": {"max_epochs": 3}},
        evaluate={"robustness": robust},
    )
    predictor, _ = served(done, frame)
    assert predictor.transform.shape == SHAPE
    assert predictor.transform.recipe.groups().names == ("image:photo",)
    assert set(done.report("metrics")["robustness"]) == set(robust)
    checks = {check["name"] for check in done.report("data")["checks"] if not check["passed"]}
    assert "leakage" not in checks
    shown = {column["name"]: column for column in done.report("data")["columns"]}
    assert shown["photo.brightness"]["profile"]["counts"]
    assert (shown["photo"]["type"], shown["photo"].get("profile")) == ("image", None)
    profile = json.loads((done.folder / "artifacts/bundle/profile.json").read_text())
    assert set(profile["columns"]) == {"photo", "photo.brightness", "photo.contrast"}
    schema = {
        column["name"]: column["role"]
        for column in json.loads((done.folder / "artifacts/schema.json").read_text())["columns"]
    }
    assert schema["photo"] == "feature"
    assert {schema[f"photo.{what}"] for what in ("brightness", "contrast", "width", "height")} == {"measure"}
    assert schema["file"] == "key"


def test_image_features_are_of_a_picture_alone(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        run(tmp_path, {"kind": "cnn"}, [], table(), kind="image")
    assert caught.value.message == "`kind: image` learns from one picture a row, `photo`, and there is age too"
    assert caught.value.hint == "leave the rest out: `features: {drop: [age]}`"


def test_a_copy_of_a_picture_on_both_sides_of_a_split_is_found(tmp_path: Path) -> None:
    frame = table().drop("age")
    doubled = pl.concat([frame, frame.with_columns(pl.concat_str(pl.lit("again-"), "file").alias("file"))])
    with pytest.raises(DataError) as caught:
        run(tmp_path, {"kind": "linear"}, ["image:photo"], doubled)
    assert "rows of validation and test are copies of rows of train" in caught.value.message


def test_the_log_keeps_digest_and_brightness_and_never_the_picture(tmp_path: Path) -> None:
    frame = table().drop("age")
    done = run(tmp_path, {"kind": "linear"}, ["image:photo"], frame)
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    rows = predictor.read([{"photo": spelled(picture)} for picture in frame["photo"][:3]])
    spelling = Spelling(predictor.schema, "sha256:0")
    lines = spelling.head(3) + spelling.records("a", 1_000_000, rows, [[0.5], [0.5], [0.5]])
    segment = tmp_path / "log" / segment_name(1_000_000, 1_000_000, "a")
    segment.parent.mkdir()
    segment.write_bytes(gzip.compress(lines))
    features = read_segment(segment)["features"].struct.unnest()
    assert features["photo"].to_list() == [digest(picture) for picture in frame["photo"][:3]]
    assert features.drop("photo").rows() == frame.select("photo.brightness", "photo.contrast")[:3].rows()
    assert max(len(line) for line in lines.splitlines()) < 400
