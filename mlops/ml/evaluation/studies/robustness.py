"""Test rows as they might arrive on a bad day, and what the candidate's scores lose by it.

Every change is drawn by row and column (`hashed`), so that a row is changed alike whatever rows lie beside it. Image
corruptions follow Hendrycks and Dietterich, Benchmarking Neural Network Robustness (ICLR 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.documents.metrics import Changed, Perturbation
from mlops.errors import DataError
from mlops.ml.evaluation.intervals.bootstrap import Interval, resample
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.studies import hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.bootstrap import Bootstrap
    from mlops.ml.evaluation.predictions import Predictions

Floats = np.ndarray[Any, np.dtype[np.float64]]
_NUMBERS, _TEXTS = ("int", "float"), ("string", "category")
_UNITS: tuple[Callable[[Floats], Floats], ...] = (
    lambda value: value * 10,
    lambda value: value * 1000,
    lambda value: value * 1.8 + 32,  # degrees Celsius read as Fahrenheit
)


@dataclass(frozen=True)
class Scene:
    """The rows to change, the training rows that say what is usual, and the columns that the model reads, by type."""

    test: pl.DataFrame
    train: pl.DataFrame
    columns: Mapping[str, str]
    shape: tuple[int, ...] | None = None
    """Channels, height and width where the rows are images, else None."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Number the rows."""
        return self.test["__row__"].to_numpy()

    def of(self, types: Sequence[str]) -> list[str]:
        """Name the columns of some types."""
        return [name for name, kind in self.columns.items() if kind in types]


def perturb(name: str, strength: float, scene: Scene) -> pl.DataFrame:
    """Change the test rows; raises DataError where the model reads nothing that this could change."""
    if name in _CORRUPTIONS:
        return _corrupted(name, strength, scene)
    wanted = {"noise": _NUMBERS, "units": _NUMBERS, "unseen_categories": _TEXTS}.get(
        name, tuple(scene.columns.values())
    )
    columns = scene.of(wanted)
    if not columns:
        what = "text" if wanted == _TEXTS else "numeric"
        raise DataError(
            f"evaluate.robustness: `{name}` would change nothing, for the model reads no {what} column",
            hint=f"remove `{name}` from `evaluate: robustness:` and from the gates",
        )
    return scene.test.with_columns(_TABLES[name](strength, scene, columns))


def _noise(strength: float, scene: Scene, columns: list[str]) -> list[pl.Series]:
    spreads = {name: _values(scene.train, name) for name in columns}
    if scene.shape is not None:  # a pixel that is always black in training is not so forever
        pooled = float(np.nanstd(np.stack(list(spreads.values()))))
        scale = dict.fromkeys(columns, pooled)
    else:
        scale = {name: _spread(values) for name, values in spreads.items()}
    return [
        _numbers(name, _values(scene.test, name) + strength * scale[name] * hashed.normal(f"noise|{name}", scene.rows))
        for name in columns
    ]


def _missing(strength: float, scene: Scene, columns: list[str]) -> list[pl.Series]:
    return [
        scene.test[name].zip_with(
            pl.Series(hashed.uniform(f"missing|{name}", scene.rows) >= strength),
            pl.Series(name, [None] * scene.test.height, dtype=scene.test[name].dtype),
        )
        for name in columns
    ]


def _unseen(strength: float, scene: Scene, columns: list[str]) -> list[pl.Series]:
    changed = []
    for name in columns:
        text, word = scene.test[name].cast(pl.String), "unseen"
        known = {*text.drop_nulls().to_list(), *scene.train[name].cast(pl.String).drop_nulls().to_list()}
        while word in known:
            word += "_"
        kept = pl.Series(hashed.uniform(f"unseen|{name}", scene.rows) >= strength)
        changed.append(text.zip_with(kept, pl.Series(name, [word] * len(text), dtype=pl.String)))
    return changed


def _units(strength: float, scene: Scene, columns: list[str]) -> list[pl.Series]:
    """Write one number of a row in another unit."""
    hit = hashed.uniform("units", scene.rows) < strength
    column = hashed.choice("units|column", scene.rows, len(columns))
    unit = hashed.choice("units|unit", scene.rows, len(_UNITS))
    changed = []
    for position, name in enumerate(columns):
        values = _values(scene.test, name)
        picked = np.select([unit == number for number in range(len(_UNITS))], [change(values) for change in _UNITS])
        changed.append(_numbers(name, np.where(hit & (column == position), picked, values)))
    return changed


_TABLES: dict[str, Callable[[float, Scene, list[str]], list[pl.Series]]] = {
    "noise": _noise,
    "missing": _missing,
    "unseen_categories": _unseen,
    "units": _units,
}


def _corrupted(name: str, strength: float, scene: Scene) -> pl.DataFrame:
    """Change whole images, and keep them within the range seen in training."""
    names = list(scene.columns)
    if scene.shape is None:
        raise DataError(
            f"evaluate.robustness: `{name}` changes images, and this pipeline's rows are none",
            hint=f"remove `{name}` from `evaluate: robustness:` and from the gates",
        )
    flat = np.stack([_values(scene.test, column) for column in names], axis=1)
    usual = np.stack([_values(scene.train, column) for column in names], axis=1)
    low, high = float(np.nanmin(usual)), float(np.nanmax(usual))
    images = flat.reshape(len(flat), *scene.shape)
    changed = np.clip(_CORRUPTIONS[name](images, strength, high - low, scene.rows), low, high).reshape(flat.shape)
    return scene.test.with_columns(_numbers(column, changed[:, index]) for index, column in enumerate(names))


def _blur(images: Floats, strength: float, _: float, __: NDArray[np.int64]) -> Floats:
    soft = images
    for axis in (2, 3):  # the binomial kernel 1 2 1 in either direction
        width = [(0, 0)] * 4
        width[axis] = (1, 1)
        padded = np.pad(soft, width, mode="edge")
        length = images.shape[axis]
        before, at, after = (np.take(padded, range(start, start + length), axis=axis) for start in range(3))
        soft = (before + 2 * at + after) / 4
    return (1 - strength) * images + strength * soft


def _brightness(images: Floats, strength: float, span: float, rows: NDArray[np.int64]) -> Floats:
    sign = 2.0 * hashed.choice("brightness", rows, 2) - 1
    return np.asarray(images + strength * span * sign[:, None, None, None])


def _contrast(images: Floats, strength: float, _: float, __: NDArray[np.int64]) -> Floats:
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return np.asarray(mean + (1 - strength) * (images - mean))


def _shift(images: Floats, strength: float, _: float, rows: NDArray[np.int64]) -> Floats:
    """Move each image by whole pixels up, down, left or right; the edge is repeated."""
    steps = max(1, round(strength))
    padded = np.pad(images, ((0, 0), (0, 0), (steps, steps), (steps, steps)), mode="edge")
    height, width = images.shape[2:]
    moved = [
        padded[:, :, top : top + height, left : left + width]
        for top, left in ((0, steps), (2 * steps, steps), (steps, 0), (steps, 2 * steps))
    ]
    return np.stack(moved)[hashed.choice("shift", rows, 4), np.arange(len(images))]


_CORRUPTIONS: dict[str, Callable[[Floats, float, float, NDArray[np.int64]], Floats]] = {
    "blur": _blur,
    "brightness": _brightness,
    "contrast": _contrast,
    "shift": _shift,
}


def _values(frame: pl.DataFrame, name: str) -> Floats:
    """Read a column as numbers, missing ones as NaN."""
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _numbers(name: str, values: Floats) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Float64).fill_nan(None)


def _spread(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.std()) if len(finite) else 0.0


def measure(
    predictions: Predictions, metrics: Sequence[str], strengths: Mapping[str, float], method: Bootstrap
) -> dict[str, Perturbation]:
    """Measure the candidate under each perturbation: its value and the paired change from clean rows."""
    models = {name: predictions.under(name) for name in strengths}
    clean = {("", metric): predictions.statistic(metric, "candidate") for metric in metrics}
    perturbed = {(n, metric): seen.statistic(metric, "candidate") for n, seen in models.items() for metric in metrics}
    everything = {**clean, **perturbed}
    draws = resample(everything, Resampling.of(len(predictions), predictions.groups, method.samples, method.seed))
    ones = np.ones((1, len(predictions)))
    values = {key: float(apply(ones)[0]) for key, apply in everything.items()}
    tables: dict[str, dict[str, Changed]] = {name: {} for name in strengths}
    for name, metric in perturbed:
        change = values[name, metric] - values["", metric]
        interval = Interval.of(change, draws[name, metric] - draws["", metric], method.confidence)
        value = Interval.of(values[name, metric], draws[name, metric], method.confidence)
        tables[name][metric] = Changed(
            value=value.value,
            low=value.low,
            high=value.high,
            change=interval.value,
            change_low=interval.low,
            change_high=interval.high,
        )
    return {name: Perturbation(strength=strength, metrics=tables[name]) for name, strength in strengths.items()}
