"""Rules for data that contradict themselves: found in the YAML, before any row is read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator

from mlops.blocks.column_rule import TEXTS, ColumnRule, Scalar
from mlops.configuration.checking.problem import Problem
from mlops.configuration.data import Data
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path

_NUMBERS = ("int", "float")
_DATES = ("date", "datetime")
_LOOK_AROUND = re.compile(r"(?<!\\)\((\?[=!]|\?<[=!]|\?P=)|(?<!\\)\\[1-9]")


def rules_fit_types(pipeline: Pipeline) -> Iterator[Problem]:
    """A rule about texts says nothing of numbers, and a bound is of its column's type."""
    for name, rule in pipeline.data.columns.items():
        place: Path = ("data", "columns", name)
        if rule.type is None:
            continue
        for key in ("matches", "length", "starts_with", "ends_with", "contains"):
            if getattr(rule, key) is not None and rule.type not in TEXTS:
                message = f"`{key}` is about texts, but `{name}` is of type {rule.type}"
                yield Problem((*place, key), message, "write `type: string`, or remove it", "column-rule")
        for key, value in _values(rule):
            if not _fits(value, rule.type):
                message = f"`{key}: {value}` is no value of type {rule.type}"
                yield Problem((*place, key), message, f"give a value of type {rule.type}", "column-rule")


def bounds_leave_room(pipeline: Pipeline) -> Iterator[Problem]:
    """A range from high to low would refuse every value."""
    for name, rule in pipeline.data.columns.items():
        place: Path = ("data", "columns", name)
        for key, bounds in (("between", rule.between), ("length", rule.length)):
            if bounds is not None and _above(bounds[0], bounds[1]):
                message = f"`{key}` of `{name}` begins above its end"
                yield Problem((*place, key), message, "write the smaller one first", "column-rule")
            if bounds == (None, None):
                yield Problem((*place, key), f"`{key}` of `{name}` bounds nothing", "give a bound", "column-rule")
        low, high = rule.greater_than, rule.less_than
        if low is not None and high is not None and (low == high or _above(low, high)):
            message = f"no value of `{name}` is greater than {_plain(low)} and less than {_plain(high)}"
            yield Problem((*place, "less_than"), message, "write a greater one", "column-rule")
        if rule.one_of is not None and (not rule.one_of or set(rule.one_of) & set(rule.none_of or ())):
            message = f"`in` of `{name}` " + (
                "allows a value that `not_in` refuses" if rule.one_of else "allows nothing"
            )
            yield Problem((*place, "in"), message, "keep one of the two, or list values", "column-rule")
        if rule.all_occur and rule.one_of is None:
            message = f"`all_occur` of `{name}` is about the values that `in` lists"
            yield Problem((*place, "all_occur"), message, "write `in: [...]`, or remove it", "column-rule")


def patterns_compile(pipeline: Pipeline) -> Iterator[Problem]:
    """A regular expression that does not compile would fail at run time."""
    for name, column in pipeline.data.columns.items():
        path: Path = ("data", "columns", name, "matches")
        try:
            re.compile(column.matches or "")
        except re.error as error:
            yield Problem(path, f"not a regular expression: {error}", "correct it, or write it in quotes", "pattern")
            continue
        if _LOOK_AROUND.search(column.matches or ""):
            message = "look-around and references back are not understood"
            yield Problem(path, message, "say what the whole value looks like", "pattern")


def table_rules_are_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """A rule between columns names two, and freshness has a day to count from."""
    data = pipeline.data
    for index, pair in enumerate(data.pairs):
        if pair.left == pair.right:
            message = f"`{pair.left}` is compared with itself"
            yield Problem(("data", "pairs", index), message, "name two columns", "table-rule")
    for index, fresh in enumerate(data.freshness):
        if fresh.before is None and data.source.recorded is None:
            message = f"freshness of `{fresh.column}` has no day to count from"
            hint = 'write `before: "2030-12-31"`, or `recorded:` under `source:`'
            yield Problem(("data", "freshness", index), message, hint, "table-rule")
    yield from _ordered(data)


def _ordered(data: Data) -> Iterator[Problem]:
    if data.ordered and not data.columns:
        yield Problem(
            ("data", "ordered"), "`ordered` without `columns` orders nothing", "declare `columns`", "table-rule"
        )
    if data.rows.at_most is not None and data.rows.at_most < data.rows.at_least:
        message = f"no table has at least {data.rows.at_least:,} and at most {data.rows.at_most:,} rows"
        yield Problem(("data", "rows", "at_most"), message, "write a greater one", "table-rule")


CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    rules_fit_types,
    bounds_leave_room,
    patterns_compile,
    table_rules_are_whole,
)


def _values(rule: ColumnRule) -> Iterator[tuple[str, Scalar]]:
    for bound in rule.between or ():
        if bound is not None:
            yield "between", bound
    for key in ("greater_than", "less_than"):
        if (value := getattr(rule, key)) is not None:
            yield key, value
    for key, values in (("in", rule.one_of), ("not_in", rule.none_of)):
        yield from ((key, value) for value in values or ())


def _fits(value: Scalar, kind: str) -> bool:
    """Tell whether a value of YAML is one of a column's type; texts and truths may be spelled in many ways."""
    if kind in _DATES:
        return isinstance(value, str) and _is_moment(value)
    if kind in _NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _plain(bound: float | str) -> str:
    return bound if isinstance(bound, str) else f"{bound:g}"


def _is_moment(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _above(low: float | str | None, high: float | str | None) -> bool:
    if isinstance(low, str) and isinstance(high, str):
        return low > high
    return isinstance(low, int | float) and isinstance(high, int | float) and low > high
