"""What kind of task a target column asks for, or why that cannot be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from mlops.errors import ConfigurationError
from mlops.ml.data.names import ROWS, counted
from mlops.ml.data.target import Task

if TYPE_CHECKING:
    import polars as pl

TASKS: tuple[Task, ...] = get_args(Task)
FEWEST_ROWS = 30
FEWEST_OF_A_CLASS = 10
_NUMBERS = 20
_TEXTS = 50
_ANOTHER = "choose another --target"


def guess_task(target: pl.Series, kind: str, asked: str | None = None) -> Task:
    """Tell the task from the values of a typed target without nulls; `asked` overrides what the values leave open.

    Raises:
        ConfigurationError: the values fit no task, or not the one that was asked for.
    """
    name, distinct = target.name, target.n_unique()
    if len(target) < FEWEST_ROWS:
        message = f"`{name}` has {len(target)} rows with a value; at least {FEWEST_ROWS} are needed for three parts"
        raise ConfigurationError(message, hint="bring more rows")
    if distinct < 2:
        raise ConfigurationError(f"`{name}` has one value only: there is nothing to learn", hint=_ANOTHER)
    if kind in {"date", "datetime"}:
        raise ConfigurationError(f"`{name}` is a {kind}; a target is a class or a number", hint=_ANOTHER)
    task = _open(target, kind, distinct) if asked is None else _known(asked)
    _fits(target, kind, task, distinct)
    return task


def _known(asked: str) -> Task:
    for task in TASKS:
        if task == asked:
            return task
    raise ConfigurationError(f"unknown task `{asked}`", hint=f"one of: {', '.join(TASKS)}")


def _open(target: pl.Series, kind: str, distinct: int) -> Task:
    name, numeric = target.name, kind in {"int", "float"}
    if distinct == 2:
        return "binary"
    if numeric and distinct > _NUMBERS:
        return "regression"
    if kind == "float" and not bool((target == target.round(0)).all()):
        message = f"`{name}` has {distinct} distinct fractional values: classes or a number?"
        raise ConfigurationError(message, hint="say which: --task multiclass or --task regression")
    if numeric or distinct <= _TEXTS:
        return "multiclass"
    message = f"`{name}` has {distinct:,} distinct texts: too many for classes, and they are not numbers"
    raise ConfigurationError(message, hint="choose another --target, or say --task multiclass if they are classes")


def _fits(target: pl.Series, kind: str, task: Task, distinct: int) -> None:
    name = target.name
    if task == "regression":
        if kind not in {"int", "float"}:
            message = f"`{name}` holds {kind} values, not numbers to regress on"
            raise ConfigurationError(message, hint="leave --task out")
        return
    if (task == "binary") != (distinct == 2):
        wanted = "exactly 2" if task == "binary" else "at least 3"
        message = f"`{name}` has {distinct:,} distinct values; a {task} task needs {wanted}"
        raise ConfigurationError(message, hint="leave --task out, or choose another")
    rare = int((counted(target).get_column(ROWS) < FEWEST_OF_A_CLASS).sum())
    if rare:
        message = f"{rare} of {distinct:,} classes of `{name}` have fewer than {FEWEST_OF_A_CLASS} rows"
        hint = "merge or remove them: every class must be in the training, validation and test part"
        raise ConfigurationError(message, hint=hint)
