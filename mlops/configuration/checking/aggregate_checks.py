"""Aggregates of `derive`: learnt after the split, of rows that a request's own columns can be looked up by."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.derived import fitted, learnt_by, origins, read
from mlops.configuration.checking.problem import Problem
from mlops.configuration.columns import mentions
from mlops.configuration.data import Data, personal
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path

_LATER = (
    ("data", "derive"),
    ("data", "exclude"),
    ("data", "include"),
    ("features",),
    ("model",),
)
"""Keys that may name what is learnt after the split."""


def are_learnt_of_features(pipeline: Pipeline) -> Iterator[Problem]:
    """Find aggregates of the target, of what it is made of, and of personal columns, and those of a forecast."""
    data = pipeline.data
    outcome, hidden = {data.target, *origins(data.derive, data.target)}, personal(data)
    for name in sorted(fitted(data.derive)):
        path: Path = ("data", "derive", name)
        made_of = {name, *origins(data.derive, name)}
        if pipeline.forecast is not None:
            message = f"`{name}` is learnt of many rows, and what a forecast knows ahead is sent as it is"
            yield Problem(path, message, "compute it before, in a stage of your own", "derive")
        elif told := sorted(outcome & made_of):
            of = "the target" if told[0] == data.target else f"what the target `{data.target}` is computed from"
            message = f"`{name}` is learnt of `{told[0]}`, {of}: rows of training would tell of their own answers"
            yield Problem(path, message, "take other columns", "derive", _place(data, name, told[0]))
        elif told := sorted(hidden & made_of):
            message = f"`{name}` is learnt of `{told[0]}`, which is personal: a bundle would carry its values"
            yield Problem(path, message, "take other columns", "derive", _place(data, name, told[0]))


def are_looked_up_later(pipeline: Pipeline) -> Iterator[Problem]:
    """Find keys that need a column before the split which is only learnt after it."""
    data = pipeline.data
    late = fitted(data.derive)
    for found in mentions(pipeline) if late else ():
        if found.column in late and not any(found.path[: len(head)] == head for head in _LATER):
            message = f"`{found.column}` is learnt of rows of training, after the split"
            message += f", and `{found.purpose}` needs it before"
            hint = "name a column of the table, or one that is computed of one row"
            yield Problem(found.path, message, hint, "derive", found.part)


def are_of_levels_that_return(pipeline: Pipeline) -> Iterator[Problem]:
    """Find aggregates by what the split keeps together: no row that is judged has a level that training had."""
    data = pipeline.data
    together = {data.entity, data.split.key if data.split.by == "group" else None} - {None}
    for name, expression in sorted(data.derive.items()):
        for asked in learnt_by(expression) if isinstance(expression, str) else ():
            for column in asked.by:
                if column.name in together:
                    message = (
                        f"`{asked.function}` goes by `{column.name}`, whose rows the split keeps together: every row "
                        "that is judged is of a level that training had not, and has the value of all rows"
                    )
                    place = (column.start, column.end - column.start)
                    yield Problem(("data", "derive", name), message, "go by another column", "derive", place)


def _place(data: Data, name: str, told: str) -> tuple[int, int] | None:
    """Say where an expression itself names a column; None where it does so through others."""
    expression = data.derive[name]
    if not isinstance(expression, str):
        return None
    return read(expression).get(told)


AGGREGATE_CHECKS = (are_learnt_of_features, are_looked_up_later, are_of_levels_that_return)
