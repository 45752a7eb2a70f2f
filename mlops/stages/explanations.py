"""`reports/explanations.json`: what the chosen candidate's scores rest on, by raw column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.transform import Transform
from mlops.documents.explanations import ColumnShare, ExplanationsReport, RowReport
from mlops.errors import DataError
from mlops.files.atomic import write_text
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import PARTS, Divided
from mlops.ml.evaluation.studies.importance import sample
from mlops.ml.training.attributions import Attributions, attribute
from mlops.stages import weighing
from mlops.stages.tables import transformed

if TYPE_CHECKING:
    from mlops.blocks.examine import Attributed
    from mlops.ml.training.session import Fitted
    from mlops.stages.context import StageContext


def write(context: StageContext, asked: Attributed, name: str, fitted: Fitted, weight: str | None = None) -> None:
    """Explain a sample of the validation rows, and the named ones of any part; in means, rows count by `weight`."""
    transform = Transform.read(context.path("artifacts/features/transform.json"))
    train_x = np.load(context.path("artifacts/features/train_x.npy"), allow_pickle=False)
    parts = Divided(*(pl.read_parquet(context.path(f"artifacts/split/{part}.parquet")) for part in PARTS))
    validation = parts.validation.sort(ROW)
    validation = validation[sample(validation[ROW].to_numpy(), asked.sample)]
    columns = [feature.column for feature in transform.recipe.kept()]
    overall = attribute(fitted, transformed(transform, validation), train_x)
    rows: tuple[RowReport, ...] = ()
    if asked.rows:
        named = _named(parts, asked)
        single = attribute(fitted, transformed(transform, named), train_x)
        rows = _rows(asked, single, _by_column(single, columns))
    report = ExplanationsReport(
        candidate=name,
        method=overall.method,
        unit=overall.unit,
        sample=len(validation),
        gap=overall.gap,
        columns=_ranked(_by_column(overall, columns), weighing.of(validation, weight)),
        key=asked.key,
        rows=rows,
    )
    write_text(context.path("reports/explanations.json"), report.dumps())


def _by_column(found: Attributions, columns: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Add up the shares of all features of a column; shares are additive, so nothing is lost."""
    shares: dict[str, np.ndarray[Any, Any]] = {}
    for position, column in enumerate(columns):
        shares[column] = shares.get(column, 0.0) + found.values[:, position]
    return shares


def _ranked(
    shares: dict[str, np.ndarray[Any, Any]], weights: np.ndarray[Any, Any] | None = None
) -> tuple[ColumnShare, ...]:
    sizes = {
        column: float(np.abs(values).mean() if weights is None else np.average(np.abs(values), weights=weights))
        for column, values in shares.items()
    }
    ranked = sorted(sizes, key=lambda column: (-sizes[column], column))
    return tuple(ColumnShare(column=column, value=sizes[column]) for column in ranked)


def _named(parts: Divided, asked: Attributed) -> pl.DataFrame:
    """Find the rows in the order in which they are named; raises DataError on one that is not there once."""
    key = asked.key or ROW
    rows = pl.concat([part.select(sorted(part.columns)) for part in parts])
    if key not in rows.columns:
        raise DataError(f"evaluate.explain: the rows have no column `{key}`", hint="name a column that is in the data")
    texts = rows[key].cast(pl.String)
    found = [np.flatnonzero((texts == str(name)).fill_null(value=False).to_numpy()) for name in asked.rows]
    absent = [str(name) for name, places in zip(asked.rows, found, strict=True) if len(places) != 1]
    if absent:
        raise DataError(
            f"evaluate.explain: no single row where `{key}` is {', '.join(absent)}",
            hint="name rows by a key that is unique and in the data",
        )
    return rows[[int(places[0]) for places in found]]


def _rows(asked: Attributed, found: Attributions, shares: dict[str, np.ndarray[Any, Any]]) -> tuple[RowReport, ...]:
    return tuple(
        RowReport(
            row=name,
            base=float(found.base[number]),
            output=float(found.output[number]),
            columns={column: float(values[number]) for column, values in sorted(shares.items())},
        )
        for number, name in enumerate(asked.rows)
    )
