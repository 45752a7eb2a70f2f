"""What is served answers as what was trained, for every kind there is: on rows as odd as a table's can be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest

from mlops.bundle.transform import Transform
from mlops.documents.table import TableSchema
from mlops.extras import absent
from mlops.ml.data.encoding import encode
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.probe import PROBES
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.user_code.origin import Origin
from mlops.models import MODELS
from mlops.models.probe import Probe
from mlops.stages.features import Params
from mlops.stages.fit_transform import fit
from mlops.stages.tables import transformed
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, session

pytestmark = pytest.mark.long

ROWS, LEARNT, LEVELS = 10_000, 6_000, 1_000
JUDGES = {"binary": AUROC, "multiclass": ACCURACY, "regression": RMSE}
FAR = 1e30
"""As large as a line can be asked for: beyond it its answer is no float32 any more."""
GROUPS = ("codes", "long_target_coded", "numbers", "target_coded", "text:*")
FOREST = frozenset(
    name
    for name, kind in MODELS.items()
    if (said := kind.block.model_fields.get("columns")) and "target_coded" in get_args(said.annotation)
)
"""Kinds of trees: thresholds of theirs divide, and nothing is multiplied."""


OWN = {
    "keras": """\
import keras


def build(shape, outputs):
    rows = keras.Input(shape)
    inner = keras.layers.BatchNormalization()(keras.layers.Dense(32, activation="gelu")(rows))
    return keras.Model(rows, keras.layers.Dense(outputs)(inner))
"""
}
"""Kinds that a function of a pipeline's own makes, and one."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows to learn from and 10,000 to answer, among them those, as the transform gives them to a model."""

    examples: Examples
    asked: np.ndarray[Any, Any]
    transform: Transform | None = None

    def problem(self, item: Probe) -> Problem:
        layout = () if self.transform is None else (self.transform.recipe.groups(),)
        return Problem.of(item.task, self.examples, *layout)


def people(random: np.random.Generator, rows: int) -> pl.DataFrame:
    """Numbers of which some are missing, a thousand towns, a plan, and a few words."""
    town, amount, age = random.integers(0, LEVELS, rows), random.lognormal(3, 2, rows), random.normal(40, 12, rows)
    score = age / 12 + np.log(amount) / 2 + np.sin(town) + random.standard_normal(rows) / 2
    words = np.array(["good", "bad", "late", "again", "never"])[random.integers(0, 5, (rows, 3))]
    return pl.DataFrame(
        {
            "age": pl.Series(np.where(random.random(rows) < 0.1, np.nan, age)).fill_nan(None),
            "amount": amount,
            "town": [f"town {at}" if at else None for at in town],
            "plan": np.array(["free", "paid", "team"])[random.integers(0, 3, rows)],
            "note": [" ".join(each) for each in words],
            "regression": 1_000 + 50 * score,
            "binary": score > np.median(score),
            "multiclass": np.array(["low", "middle", "high"])[np.digitize(score, np.quantile(score, [0.3, 0.7]))],
        }
    )


def odd(random: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    """Give a third of all values another: missing, of no level that was learnt, or as large and small as they go."""
    numbers = [None, FAR, -FAR, 0.0, 1e-45, -1.0]
    kinds = {"age": numbers, "amount": numbers[1:], "town": [None, "nowhere", "town 1"], "plan": ["unheard of", ""]}
    kinds["note"] = ["", "words that nobody said", "good " * 40]

    def changed(name: str, values: list[Any]) -> pl.Series:
        chosen = [values[at] for at in random.integers(0, len(values), rows.height)]
        kept = random.random(rows.height) > 1 / 3
        known = zip(kept, rows[name].to_list(), chosen, strict=True)
        return pl.Series(name, [value if stays else other for stays, value, other in known], dtype=rows[name].dtype)

    return rows.with_columns(changed(name, values) for name, values in kinds.items())


@cache
def table(task: str) -> Table:
    """Take people through the real transform, with every group of columns that a kind of model reads."""
    random = np.random.default_rng(0)
    rows = people(random, LEARNT + 1_000).drop({"regression", "binary", "multiclass"} - {task}).rename({task: "y"})
    train, validation = rows[:LEARNT], rows[LEARNT:]
    asked = pl.concat([train, odd(random, rows[: ROWS - LEARNT])])
    types = {"age": "float", "amount": "float", "town": "category", "plan": "category", "note": "text"}
    types["y"] = {"regression": "float", "binary": "bool", "multiclass": "category"}[task]
    unsaid = {"nullable": True, "sensitive": False, "categories": None, "minimum": None, "maximum": None}
    columns = [
        {"name": name, "type": kind, "role": "target" if name == "y" else "feature", **unsaid}
        for name, kind in types.items()
    ]
    classes = None if task == "regression" else train["y"].unique().sort().to_list()
    about = {"task": task, "target": "y", "positive": True if task == "binary" else None, "classes": classes}
    recipe = fit(
        train,
        TableSchema.model_validate({**about, "columns": columns}),
        Params.model_validate({"kind": "tabular", "task": task, "target": "y", "groups": list(GROUPS)}),
    )
    transform = Transform(recipe)
    x = [transformed(transform, each) for each in (train, validation, asked)]
    y = [np.array(encode(recipe.target, each)) for each in (train, validation)]
    return Table(Examples(x[0], y[0], x[1], y[1]), x[2], transform)


def pictures(item: Probe) -> Table:
    """Noise whose first pixel says the class, pictures of one colour, and pixels as large as they go."""
    random = np.random.default_rng(0)
    x = random.random((500, *item.shape), dtype=np.float32)
    y = np.digitize(x.reshape(len(x), -1)[:, 0], [1 / 3, 2 / 3]).astype(np.int64)
    asked = random.random((ROWS - len(x), *item.shape), dtype=np.float32)
    asked[:500] = 0
    asked[500:1_000] = 1
    asked[1_000:2_000] *= 1e4
    return Table(Examples(x, y, x, y), np.concatenate([x, asked]))


def test_ten_thousand_rows_of_every_sort_are_asked() -> None:
    found = table("regression")
    assert len(found.asked) == ROWS
    assert (found.asked[:LEARNT] == found.examples.train_x).sum() + np.isnan(found.asked[:LEARNT]).sum() == (
        found.examples.train_x.size
    )
    assert np.isnan(found.asked).any()
    assert np.nanmax(np.abs(found.asked)) == np.float32(FAR)
    assert found.transform is not None
    assert max(len(item.levels) for item in found.transform.recipe.categories) > LEVELS / 2
    assert {kind for kind, _ in PROBES.values()} | set(OWN) == set(MODELS)


@pytest.mark.parametrize("name", PROBES)
def test_a_kind_answers_as_it_was_trained(name: str) -> None:
    kind, item = PROBES[name]
    answers_as_trained(Asked(kind=kind, **dict(item.parameters)), item, NOWHERE)


@pytest.mark.parametrize("task", JUDGES)
@pytest.mark.parametrize("kind", OWN)
def test_a_kind_of_own_code_answers_as_it_was_trained(kind: str, task: Any, tmp_path: Path) -> None:
    path = tmp_path / "pipelines/parity/network.py"
    path.parent.mkdir(parents=True)
    path.write_text(OWN[kind])
    asked = Asked.model_validate({"kind": kind, "use": "pipelines.parity.network:build"})
    answers_as_trained(asked, Probe(task), Origin(tmp_path, "parity"))


def answers_as_trained(asked: Asked, item: Probe, origin: Origin) -> None:
    if (extra := MODELS[asked.kind].can.get("extra")) and (library := absent(extra)):
        pytest.skip(f"{library} is not installed")
    found = pictures(item) if len(item.shape) == 3 else table(item.task)
    problem = found.problem(item)
    fitted = candidates.build("one", asked, problem, origin).fit(
        found.examples, session(JUDGES[item.task], max_epochs=2, batch_size=256)
    )
    scale = Scale.of(item.task, found.examples.train_y)
    widest = export.check_parity("one", fitted.export(), found.asked, fitted.predict(found.asked), scale)
    assert widest < (1e-5 if asked.kind in FOREST else 1e-4)
