"""A repository with a small pipeline of every kind, each with all that a report may hold."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace

ROWS = 180
CLASSES = ("low", "middle", "high")
# Inner sizes from 256 on are where MKL's sums differ between vendors.
KINDS = {
    "catboost": "catboost: {kind: catboost, trees: 20, depth: 4}",
    "keras": 'keras: {kind: keras, use: "pipelines.PIPELINE.network:build", units: 32}',
    "linear": "linear: {kind: linear}",
    "random_forest": "random_forest: {kind: random_forest, trees: 10, depth: 4}",
    "gradient_boosting": "gradient_boosting: {kind: gradient_boosting, trees: 20, depth: 3, min_leaf: 5}",
    "lightgbm": "lightgbm: {kind: lightgbm, trees: 20, min_leaf: 5}",
    "xgboost": "xgboost: {kind: xgboost, trees: 20, depth: 4}",
    "mlp": "mlp: {kind: mlp, hidden: [300, 40]}",
    "realmlp": "realmlp: {kind: realmlp, hidden: [300, 40]}",
    "resnet": "resnet: {kind: resnet, channels: [8, 16], blocks: 1}",
    "nlinear": "nlinear: {kind: nlinear}",
    "dlinear": "dlinear: {kind: dlinear, average: 5}",
    "tabm": "tabm: {kind: tabm, hidden: [300, 40], members: 4, embed: {kind: piecewise, bins: 8, size: 4}}",
    "cnn": "cnn: {kind: cnn, channels: [8, 16], hidden: 300}",
}
OWN = {
    "keras": """\
import keras


def build(shape, outputs, units):
    rows = keras.Input(shape)
    inner = keras.layers.Dense(units, activation="gelu", kernel_regularizer=keras.regularizers.L2(1e-4))(rows)
    inner = keras.layers.Dropout(0.1)(keras.layers.BatchNormalization()(inner))
    inner = keras.layers.LayerNormalization()(inner + keras.layers.Dense(units, activation="relu")(inner))
    return keras.Model(rows, keras.layers.Dense(outputs)(inner))
""",
}
TARGETS = {"binary": "left", "multiclass": "level", "regression": "amount", "forecasting": "sold"}
# One after another, so that each kind meets two tasks and each task three kinds or more.
PIPELINES = {
    "boosting_binary": ("gradient_boosting", "binary"),
    "boosting_regression": ("gradient_boosting", "regression"),
    "catboost_binary": ("catboost", "binary"),
    "catboost_multiclass": ("catboost", "multiclass"),
    "catboost_regression": ("catboost", "regression"),
    "cnn_multiclass": ("cnn", "multiclass"),
    "cnn_regression": ("cnn", "regression"),
    "dlinear_forecasting": ("dlinear", "forecasting"),
    "forest_binary": ("random_forest", "binary"),
    "forest_regression": ("random_forest", "regression"),
    "keras_binary": ("keras", "binary"),
    "keras_multiclass": ("keras", "multiclass"),
    "keras_regression": ("keras", "regression"),
    "lightgbm_binary": ("lightgbm", "binary"),
    "lightgbm_multiclass": ("lightgbm", "multiclass"),
    "lightgbm_regression": ("lightgbm", "regression"),
    "linear_multiclass": ("linear", "multiclass"),
    "linear_regression": ("linear", "regression"),
    "mlp_binary": ("mlp", "binary"),
    "mlp_multiclass": ("mlp", "multiclass"),
    "nlinear_forecasting": ("nlinear", "forecasting"),
    "realmlp_binary": ("realmlp", "binary"),
    "realmlp_multiclass": ("realmlp", "multiclass"),
    "realmlp_regression": ("realmlp", "regression"),
    "resnet_multiclass": ("resnet", "multiclass"),
    "resnet_regression": ("resnet", "regression"),
    "tabm_binary": ("tabm", "binary"),
    "tabm_multiclass": ("tabm", "multiclass"),
    "tabm_regression": ("tabm", "regression"),
    "xgboost_binary": ("xgboost", "binary"),
    "xgboost_multiclass": ("xgboost", "multiclass"),
    "xgboost_regression": ("xgboost", "regression"),
}

_PIPELINE = """\
# @package _global_
defaults:
  - /data: {data}
  - /features: {features}
  - /deploy: [local]
  - _self_
description: A probe of {kind}.
owners: ["@probe"]
risk: minimal
task: {task}
data: {{target: {target}, split: {{{split}}}}}
model: {{{model}}}
trainer: {{max_epochs: 2, batch_size: 32}}
{extra}
"""
_TABLE = """\
features: {keep: {}}
evaluate:
  slices: [plan]
  robustness: [noise, missing]
  explain: {attributions: true, rows: [0, 1], sample: 50}
  discover: {}
  learning_curve: true
gates:
  - {metric: METRIC, at_most: WORST}
"""
_IMAGE = """\
features: {image: {shape: [1, 6, 6], scale: 16}}
evaluate:
  robustness: {noise: 0.1, shift: 1, brightness: 0.2, contrast: 0.3, blur: 0.5}
  explain: {permutation: false, attributions: true, sample: 50}
gates:
  - {metric: METRIC, at_most: WORST}
"""

_SERIES = """\
forecast: {horizons: [1, 3, 7], season: 7, lags: 1..12, windows: [7], observed: [heat], comparators: [theta]}
evaluate:
  robustness: [noise, missing]
  explain: {attributions: true, rows: [150, 151], sample: 50}
gates:
  - {metric: METRIC, at_most: WORST}
  - {metric: METRIC, by: sold_horizon, at_most: WORST}
"""


def make(root: Path, names: Iterable[str] = tuple(PIPELINES)) -> Path:
    """Write and compile the repository, with the pipelines named."""
    (root / "conf" / "pipeline").mkdir(parents=True)
    (root / "conf" / "data").mkdir()
    (root / "conf" / "project.yaml").write_text("name: probes\n")
    (root / "conf" / "policy.yaml").write_text('owners: ["@probe"]\n')
    for name in names:
        kind, task = PIPELINES[name]
        image = kind in {"cnn", "resnet"}
        target = TARGETS[task]
        series = task == "forecasting"
        metric = ("rmse", 1000) if task in ("regression", "forecasting") else ("log_loss", 20)
        text = _IMAGE if image else _SERIES if series else _TABLE
        text = text.replace("METRIC", metric[0]).replace("WORST", str(metric[1]))
        (root / "conf" / "pipeline" / f"{name}.yaml").write_text(
            _PIPELINE.format(
                data=name,
                features="image" if image else "tabular",
                kind=kind,
                task=task,
                target=target,
                split="by: time, key: day" if series else "by: random",
                model=KINDS[kind].replace("PIPELINE", name),
                extra=text.replace("features: {keep: {}}\n", ""),
            )
        )
        (root / "conf" / "data" / f"{name}.yaml").write_text(_data(task))
        (root / "pipelines" / name / "data").mkdir(parents=True)
        if kind in OWN:
            (root / "pipelines" / name / "network.py").write_text(OWN[kind])
        (root / "pipelines" / name / "data" / "rows.csv").write_text(
            _images(task) if image else _days() if series else _table(task)
        )
    compile_files(open_workspace(root))
    return root


def _data(task: str) -> str:
    kinds = {"binary": "bool", "multiclass": "category", "regression": "float", "forecasting": "float"}
    columns = f"{TARGETS[task]}: {{type: {kinds[task]}}}"
    return f"source: {{kind: csv, path: data/rows.csv}}\ncolumns: {{{columns}}}\n"


def _days() -> str:
    """Write a series of days that rises, has weeks, and follows a column of yesterday."""
    chance = random.Random("forecasting")  # noqa: S311  # rows, not secrets
    first, lines, heat = date(2024, 1, 1), ["day,heat,sold"], 20.0
    for day in range(2 * ROWS):
        sold = 50 + 0.1 * day + 8 * (day % 7 > 4) + heat + chance.gauss(0, 1)
        heat = round(20 + 0.8 * (heat - 20) + chance.gauss(0, 2), 3)
        lines.append(f"{first + timedelta(days=day)},{heat},{sold:.3f}")
    return "\n".join(lines) + "\n"


def _table(task: str) -> str:
    """Write a table of numbers, categories and nulls, with a target that follows two of the columns."""
    chance = random.Random(task)  # noqa: S311  # rows, not secrets
    lines = [f"age,income,plan,visits,score,{TARGETS[task]}"]
    for _ in range(ROWS):
        age, visits = chance.randint(18, 90), chance.randint(0, 30)
        income = "" if chance.random() < 0.1 else f"{chance.lognormvariate(7, 1):.2f}"
        plan, score = chance.choice(["free", "paid", "trial"]), f"{chance.gauss(0, 1):.6f}"
        strength = (age - 54) / 18 - (visits - 15) / 8 + chance.gauss(0, 0.7)
        lines.append(f"{age},{income},{plan},{visits},{score},{_target(task, strength)}")
    return "\n".join(lines) + "\n"


def _images(task: str) -> str:
    """Write images of 6 x 6 pixels, 0 to 16, with a bright spot whose place tells the target."""
    chance = random.Random(task)  # noqa: S311  # rows, not secrets
    lines = [",".join([*(f"pixel_{number}" for number in range(36)), TARGETS[task]])]
    for _ in range(ROWS):
        row, column = chance.randint(0, 5), chance.randint(0, 5)
        pixels = [
            min(16, max(0, round(16 * math.exp(-((y - row) ** 2 + (x - column) ** 2) / 3) + chance.gauss(0, 1))))
            for y in range(6)
            for x in range(6)
        ]
        lines.append(",".join([*map(str, pixels), _target(task, (row + column - 5) / 3)]))
    return "\n".join(lines) + "\n"


def _target(task: str, strength: float) -> str:
    if task == "binary":
        return str(strength > 0).lower()
    if task == "multiclass":
        return CLASSES[(strength > -0.6) + (strength > 0.6)]
    return f"{100 + 12.5 * strength:.3f}"
