"""Columns that give the target away together, or by their company: sums, ratios, which of them are missing.

Looked for on a seeded sample, before anything is trained: what a first search finds is set aside and the rest searched
again, so that a second way to the target does not hide behind the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.ml.data import few_columns
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.predictability import thinned
from mlops.ml.data.profile import numeric
from mlops.ml.data.splits import mixed
from mlops.ml.data.too_good import Floats, Rows, Table

if TYPE_CHECKING:
    from mlops.ml.data.few_columns import Few
    from mlops.ml.data.suspect import Suspect
    from mlops.ml.data.target import Target

_ROWS = 15_000
_ROUNDS = 8
_LEVELS = 50
_SMOOTHED = 10
"""Rows of the overall share that each level is mixed with, so that a rare one says little."""
_CLASSES = 10
_LEAST_MISSING = 10
_HOW = {
    "tree": "at most three questions about {them} answer it",
    "linear": "a weighted sum of {them} is enough",
    "logarithms": "a product or ratio of {them} is enough",
    "product": "whether {them} go together or against each other is enough",
    "larger": "the larger of {them} is enough",
    "smaller": "the smaller of {them} is enough",
    "total": "their plain total is enough",
}


def find(frame: pl.DataFrame, target: Target, suspects: Sequence[Suspect]) -> list[Check]:
    """Find groups of columns that reach the bound together, one check a column: at most five, or all of a total."""
    sample = thinned(frame, _ROWS)
    fitting = (mixed(pl.int_range(sample.height, eager=True), seed=1) & np.uint64(1)) == 0
    table = numbers(sample, target, suspects, np.asarray(fitting))
    found: list[Check] = []
    for _ in range(_ROUNDS):
        few = few_columns.find(table, np.asarray(fitting))
        if few is None:
            break
        found += _told(few, target, frame.height)
        table = table.without(frozenset(few.columns))
    return found


def siblings(frame: pl.DataFrame, proved: Collection[str], suspects: Sequence[Suspect]) -> list[Check]:
    """Find the columns that are missing in the very rows where a proved leak is: they were filled in with it."""
    gaps = {name: frame[name].is_null() for name in proved if 0 < frame[name].null_count() < frame.height}
    found = []
    for suspect in suspects:
        missing = frame[suspect.name].is_null()
        if suspect.name in proved or missing.sum() < _LEAST_MISSING:
            continue
        kin = next((name for name, gap in gaps.items() if bool((gap == missing).all())), None)
        if kin is not None:
            words = (
                f"`{suspect.name}` comes with `{kin}`, which gives the target away: both are missing in the same rows"
            )
            found.append(failure("leakage", suspect.name, words, failed=frame.height, total=frame.height))
    return found


def numbers(sample: pl.DataFrame, target: Target, suspects: Sequence[Suspect], fitting: Rows) -> Table:
    """Spell columns as numbers without gaps: values, whether they are missing, levels as the target's mean in them."""
    y = _goal(sample[target.name], target)
    goals = y[:, None] if target.task != "multiclass" else np.eye(int(y.max()) + 1)[y.astype(int)][:, :_CLASSES]
    columns, sources = [], []
    for suspect in suspects:
        values = sample[suspect.name]
        made = list(_levels(values, goals, fitting) if suspect.is_text else _values(values, suspect, fitting))
        columns += made
        sources += [suspect.name] * len(made)
    x = np.column_stack(columns) if columns else np.empty((sample.height, 0))
    return Table(x, tuple(sources), y, target.task)


def _goal(values: pl.Series, target: Target) -> Floats:
    if target.task == "regression":
        return np.asarray(values.cast(pl.Float64).to_numpy(), dtype=np.float64)
    places = {label: place for place, label in enumerate(target.classes)}
    return np.array([places[label] for label in values.to_list()], dtype=np.float64)


def _values(values: pl.Series, suspect: Suspect, fitting: Rows) -> Iterator[Floats]:
    number = numeric(values, suspect.type)
    missing = ~np.isfinite(number)
    known = number[fitting & ~missing]
    yield np.where(missing, np.median(known) if known.size else 0.0, number)
    if _LEAST_MISSING <= missing.sum() <= missing.size - _LEAST_MISSING:
        yield missing.astype(np.float64)


def _levels(values: pl.Series, goals: Floats, fitting: Rows) -> Iterator[Floats]:
    """Give each level the mean of the target among the rows to choose on; a missing value is a level too."""
    codes = values.cast(pl.String).rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    if np.unique(codes).size > _LEVELS:
        return
    many = np.bincount(codes[fitting], minlength=int(codes.max()) + 1)
    for goal in goals.T:
        mean = float(goal[fitting].mean())
        total = np.bincount(codes[fitting], weights=goal[fitting], minlength=many.size)
        yield np.asarray(((total + _SMOOTHED * mean) / (many + _SMOOTHED))[codes])


def _told(few: Few, target: Target, rows: int) -> Iterator[Check]:
    measure = {"binary": "AUROC", "regression": "R²", "multiclass": "share of right answers"}[target.task]
    for name in few.columns:
        others = ", ".join(f"`{other}`" for other in few.columns if other != name)
        together = f" together with {others}" if others else ""
        how = _HOW[few.how].format(them="them" if others else "it")
        words = f"`{name}` gives `{target.name}` away{together}: {how} ({measure} {few.value:.3f} on rows set aside)"
        yield failure("leakage", name, words, failed=rows, total=rows)
