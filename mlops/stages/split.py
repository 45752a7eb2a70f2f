"""Divide the rows: artifacts/split/{train,validation,test}.parquet, reports/split.json."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from pydantic import model_validator

from mlops.blocks.forecast import Lookback
from mlops.documents.checks import Balance, ClassRows
from mlops.documents.split import Embargo, PartReport, SplitReport
from mlops.documents.table import Role
from mlops.errors import DataError
from mlops.files.atomic import write_text, writing_folder
from mlops.ml.data import copies, duplicates, folds, official_test, parquet, splits
from mlops.ml.data.checks import Check
from mlops.ml.data.names import VALUE, counted
from mlops.ml.data.parquet import ROW
from mlops.ml.data.periods import apart, periods
from mlops.ml.data.splits import PARTS, Divided, Plan
from mlops.ml.data.target import Task
from mlops.stages import split_folds
from mlops.stages.context import SCHEMA, VALID, Section, StageContext

FOLDER, REPORT = "artifacts/split", "reports/split.json"
_KEPT = (
    "keep copies in one part: split: {copies: together}, or split: {by: group, key: COLUMN} where a column names what "
    "they share; or remove them before rows are divided"
)


class Params(Section, Plan):
    """The section `split` of params.yaml."""

    target: str
    task: Task
    forecast: Lookback | None = None
    official_test: bool = False
    """Some of the rows are a test set of their own; the table says which."""

    @model_validator(mode="after")
    def _whole(self) -> Params:
        if abs(sum(self.fractions.shares) - 1) > 1e-9:
            raise ValueError(f"the fractions add up to {sum(self.fractions.shares):g}, not 1")
        return self


def run(context: StageContext) -> None:
    """Divide the rows, refuse a division that would flatter the model, write each part and who is in it."""
    params = Params.model_validate(context.params)
    report = context.path(REPORT)
    report.unlink(missing_ok=True)
    shutil.rmtree(context.path(FOLDER), ignore_errors=True)
    if params.folds is not None:
        _deal(context, parquet.read(context.path(VALID)), params, params.folds)
        return
    divided, total = _divided(context, params)
    checks = leaks(divided, params, _roles(context))
    write_text(report, describe(divided, params, checks, total).dumps())
    _refuse_leaks(checks)
    with writing_folder(context.path(FOLDER)) as folder:
        for name, rows in zip(PARTS, divided, strict=True):
            parquet.write(rows, folder / f"{name}.parquet")
    sizes = (f"{name} {rows.height:,}" for name, rows in zip(PARTS, divided, strict=True))
    context.say(f"by {params.by}: " + ", ".join(sizes))
    _warn(context, checks)


def _divided(context: StageContext, params: Params) -> tuple[Divided, int]:
    """Divide the rows, and count them; those that stand between two parts are left out.

    Of all rows no second copy is kept.
    """
    frame = parquet.read(context.path(VALID))
    official = official_test.rows_of(context.path(VALID)) if params.official_test else 0
    parts = splits.assign(frame, params, official)
    if params.copies is not None:
        parts = _kept_together(context, frame, parts, params)
    total = frame.height
    if params.forecast is not None:
        asked = params.forecast
        known = pl.Series(
            apart(periods(frame[asked.date], asked.every).to_numpy(), parts.to_numpy().astype("i8"), asked.horizon)
        )
        frame, parts = frame.filter(known), parts.filter(known)
    if params.gap is not None:
        known = splits.apart_by(frame, parts, params)
        frame, parts = frame.filter(known), parts.filter(known)
    refuse(frame, parts, params)
    return Divided.of(frame, parts), total


def _deal(context: StageContext, frame: pl.DataFrame, params: Params, count: int) -> None:
    """Deal the rows into folds; every part then holds them all, and folds.parquet says who may judge by which."""
    codes = folds.assign(frame, params, count)
    if params.copies is not None:
        codes = _kept_together(context, frame, codes, params)
    split_folds.refuse(frame, codes, count, params.target, params.entity, params.task)
    roles = _roles(context)
    columns = [*_features(frame, params, roles), params.target]
    checks = split_folds.leaks(frame, codes, count, columns, lambda divided: leaks(divided, params, roles))
    times = [name for name in frame.columns if frame[name].dtype.is_temporal()]
    checks += duplicates.dates_across(frame, codes, times, params.entity)
    parts = {f"fold {fold + 1}": frame.filter(codes == fold) for fold in range(count)}
    write_text(context.path(REPORT), _described(parts, params, checks, folds=count).dumps())
    _refuse_leaks(checks)
    with writing_folder(context.path(FOLDER)) as folder:
        for name in PARTS:
            parquet.write(frame, folder / f"{name}.parquet")
        parquet.write(pl.DataFrame([frame[ROW], codes]).sort(ROW), folder / folds.FILE)
    context.say(f"by {params.by}: {count} folds of {min(p.height for p in parts.values()):,} rows and more")
    _warn(context, checks)


def _kept_together(context: StageContext, frame: pl.DataFrame, parts: pl.Series, params: Params) -> pl.Series:
    """Move copies to the part of the first of them; an official test set stays as others made it."""
    free = np.ones(frame.height, dtype=bool)
    if params.official_test:
        free = frame[ROW].to_numpy() >= official_test.rows_of(context.path(VALID))
    places = np.flatnonzero(free)
    features = _features(frame, params, _roles(context))
    moved = copies.together(frame[places], parts[places], features, params.target)
    context.say(f"{int((moved != parts[places]).sum()):,} copies of rows, whole or almost, moved to where the first is")
    return parts.scatter(places, moved)


def _refuse_leaks(checks: list[Check]) -> None:
    if blocking := [check.message for check in checks if check.blocks]:
        raise DataError("\n  ".join(blocking), hint=_KEPT)


def _warn(context: StageContext, checks: list[Check]) -> None:
    for message in [check.message for check in checks if not check.passed]:
        context.say(f"warning: {message}")


def refuse(frame: pl.DataFrame, parts: pl.Series, params: Params) -> None:
    """Raise one DataError that says everything wrong with a division."""
    problems = []
    hint = "give the parts other `fractions`, or collect more rows"
    if params.task != "regression":
        problems += _missing_classes(frame, parts, params.target)
    problems += [f"the part {name} has no rows" for index, name in enumerate(PARTS) if not (parts == index).any()]
    if params.entity is not None:
        # an official test set is as others made it: what it shares is told by `leaks`, and no other split mends it
        mended = parts < PARTS.index("test") if params.official_test else pl.repeat(True, frame.height, eager=True)
        shared, total = splits.shared(frame.filter(mended), parts.filter(mended), params.entity)
        if shared:
            problems.insert(
                0, f"{shared:,} of {total:,} values of the entity {params.entity} are in more than one part"
            )
            hint = f"split by group: split: {{by: group, key: {params.entity}}}"
    if problems:
        raise DataError("\n  ".join(problems), hint=hint)


def leaks(divided: Divided, params: Params, roles: Mapping[str, Role]) -> list[Check]:
    """Find what of validation and test was also learnt from; `roles` of the columns are those of schema.json."""
    names = [name for name in divided.train.columns if name != ROW]
    features = _features(divided.train, params, roles)
    found: list[Check | None] = [
        duplicates.exact(divided, [*features, params.target]),
        duplicates.near(divided, features),
    ]
    times = [name for name in names if divided.train[name].dtype.is_temporal()]
    if params.by == "time" and params.key:
        found.append(duplicates.times(divided, params.key, ordered=True))
    elif params.folds is None:
        found += duplicates.dates(divided, times, params.entity)
    apart = {params.entity, params.key, params.target, *times}
    if params.official_test and params.entity is not None:
        learnt = pl.concat([divided.train[params.entity], divided.validation[params.entity]])
        found.append(official_test.entities(learnt, divided.test[params.entity]))
    keys = [name for name in names if roles.get(name) == "key" and name not in apart]
    found += [duplicates.things(divided, name) for name in keys]
    return [check for check in found if check is not None]


def _features(frame: pl.DataFrame, params: Params, roles: Mapping[str, Role]) -> list[str]:
    names = (name for name in frame.columns if name not in (ROW, params.target))
    return [name for name in names if roles.get(name, "feature") == "feature"]


def _roles(context: StageContext) -> dict[str, Role]:
    columns = context.schema().columns if context.path(SCHEMA).is_file() else ()
    return {column.name: column.role for column in columns}


def describe(divided: Divided, params: Params, checks: list[Check], total: int | None = None) -> SplitReport:
    """Say who is in each part, for reports/split.json; of a forecast also how many of `total` rows stand between."""
    between = (total or 0) - sum(rows.height for rows in divided)
    horizon = None if params.forecast is None else params.forecast.horizon - 1
    periods = params.gap if horizon is None else horizon
    more = {} if periods is None else {"embargo": Embargo(periods=periods, rows=between)}
    return _described(dict(zip(PARTS, divided, strict=True)), params, checks, **more)


def _described(parts: Mapping[str, pl.DataFrame], params: Params, checks: list[Check], **more: Any) -> SplitReport:
    shared = [each for each in checks if each.name == "entity_overlap" and each.column == params.entity]
    return SplitReport(
        by=params.by,
        key=params.key,
        seed=params.seed,
        entity=params.entity,
        entity_overlap=sum(each.failed for each in shared) if params.entity else None,
        parts={name: _part(rows, params) for name, rows in parts.items()},
        checks=tuple(check.record() for check in checks),
        **more,
    )


def _part(rows: pl.DataFrame, params: Params) -> PartReport:
    key = params.key if params.by == "time" else None
    span = {} if key is None else {"first": str(rows[key].min()), "last": str(rows[key].max())}
    return PartReport(
        rows=rows.height,
        entities=rows[params.entity].drop_nulls().n_unique() if params.entity else None,
        target=_balance(rows[params.target], params.task),
        digest=splits.digest(rows[ROW]),
        **span,
    )


def _balance(values: pl.Series, task: Task) -> Balance:
    if task == "regression":
        return Balance.model_validate({"mean": values.mean(), "std": values.std()})
    counts, rows = counted(values).sort(VALUE).iter_rows(), values.len()
    return Balance(classes=tuple(ClassRows(label=label, rows=count, share=count / rows) for label, count in counts))


def _missing_classes(frame: pl.DataFrame, parts: pl.Series, target: str) -> list[str]:
    classes = frame[target].unique().sort()
    present = {index: set(frame[target].filter(parts == index).unique()) for index in range(len(PARTS))}
    return [
        f"the class {label} of {target} is missing from {PARTS[index]}"
        for label in classes
        for index in present
        if present[index] and label not in present[index]
    ]
