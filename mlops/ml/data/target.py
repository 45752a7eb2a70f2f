"""The column to learn: its classes, which of them is positive, how they are balanced."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.documents.checks import Balance, ClassRows
from mlops.files.truth_text import FALSE, TRUE
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.names import counted

Task = Literal["binary", "multiclass", "regression"]
Label = str | int | bool
_CLASSES = 1_000


@dataclass(frozen=True)
class Target:
    """A target that can be learnt; `classes` is empty for regression, and ends with the positive of two."""

    name: str
    task: Task
    type: ColumnType
    classes: tuple[Label, ...] = ()

    @property
    def positive(self) -> Label | None:
        """The class whose probability a binary model gives."""
        return self.classes[-1] if self.task == "binary" else None

    def balance(self, values: pl.Series) -> Balance:
        """Describe how the values are spread: rows by class, or mean and standard deviation."""
        if self.task == "regression":
            return Balance.model_validate({"rows": values.len(), "mean": values.mean(), "std": values.std()})
        counts = dict(counted(values).iter_rows())
        classes = tuple(ClassRows(label=label, rows=counts.get(label, 0)) for label in self.classes)
        return Balance(rows=values.len(), classes=classes)


def normalised(values: pl.Series, found: ColumnType, task: Task) -> tuple[pl.Series, ColumnType]:
    """Bring a target to the type its task learns: whole numbers or texts for classes, floats for regression."""
    if task == "regression":
        return (values.cast(pl.Float64), "float") if found == "int" else (values, found)
    if found == "float" and bool((values.drop_nulls() % 1 == 0).all()):
        return values.cast(pl.Int64), "int"
    if found in ("date", "datetime", "string", "text"):
        return values.cast(pl.String), "category"
    return values, found


def settle(
    values: pl.Series, found: ColumnType, task: Task, positive: str | int | float | bool | None
) -> tuple[Target | None, list[Check]]:
    """Find the classes of a normalised target; every reason why it cannot be learnt is a failed check."""
    name = values.name
    present = values.drop_nulls()
    if task == "regression":
        problem = _cannot_regress(present, found)
        return (None, [failure("target", name, problem)]) if problem else (Target(name, task, found), [])
    classes: list[Label] = present.unique().sort().to_list()
    problem = _cannot_classify(name, task, found, len(classes), present.len())
    if problem:
        return None, [failure("target", name, problem)]
    if task == "binary" and positive is not None:
        matching = [label for label in classes if _same(label, positive)]
        if len(matching) != 1:
            listed = " and ".join(f"`{label}`" for label in classes)
            return None, [
                failure("target", name, f"`positive: {positive}` is not a class of `{name}`: it has {listed}")
            ]
        classes.sort(key=lambda label: label == matching[0])
    return Target(name, task, found, tuple(classes)), []


def plain(value: object) -> Any:
    """Spell a value for JSON."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def _cannot_regress(present: pl.Series, found: ColumnType) -> str:
    if found not in ("int", "float"):
        return f"`{present.name}` is of type {found}; regression learns numbers"
    return f"`{present.name}` has the same value in every row" if present.n_unique() < 2 else ""


def _cannot_classify(name: str, task: Task, found: ColumnType, classes: int, rows: int) -> str:
    if found == "float":
        return f"`{name}` has fractional values, which are not classes; is this a regression?"
    if task == "binary" and classes != 2:
        return f"`{name}` has {classes:,} class{'' if classes == 1 else 'es'}; a binary task has 2"
    if classes < 2:
        return f"`{name}` has {classes:,} class; there is nothing to tell apart"
    if classes > min(_CLASSES, rows // 2):
        return f"`{name}` has {classes:,} classes in {rows:,} rows; too many to learn"
    return ""


def _same(label: Label, positive: str | int | float | bool) -> bool:
    if isinstance(label, bool):
        word = str(positive).lower()
        return word in ((*TRUE, "1") if label else (*FALSE, "0"))
    return label == positive or str(label) == str(positive)
