"""The one evaluator of expressions: stages and the server compute with it, so that both get the same bits.

A row's result depends on that row alone, and on what was learnt of the rows of training. What is missing stays missing:
in arithmetic, comparisons and conditions; `and` and `or` know what they can, `coalesce` and `is_null` ask. What is no
finite number (a division by zero, the logarithm of nothing, what overflows) is missing too. Numbers are doubles.
Functions whose last bit depends on how many rows are computed at once, or on the processor's vector instructions, go
through the C library a value at a time.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.expressions.aggregates import Learnt
from mlops.expressions.levels import looked_up
from mlops.expressions.moments import BETWEEN, PARTS, years_between
from mlops.expressions.texts import NUMBERS, TEXTS, composed
from mlops.expressions.timestamps import MISSING, parse_date, parse_datetime
from mlops.expressions.tree import Aggregate, Call, Name, Node, Value
from mlops.expressions.values import Column, Columns, Moments, Texts, finite, gathered

Numbers = NDArray[np.float64]
EXACT = 2.0**53
"""Whole numbers up to this size are exact."""


def evaluate(node: Node, columns: Columns, rows: int, learnt: Mapping[Aggregate, Learnt] | None = None) -> Column:
    """Compute an expression that `kinds.type_of` has accepted, for each of `rows` rows.

    Of its aggregates, `learnt` says what training had.

    >>> from mlops.expressions.parse import parse
    >>> evaluate(parse("a / b"), {"a": np.array([1.0, 2.0]), "b": np.array([4.0, 0.0])}, 2).tolist()
    [0.25, nan]
    """
    if isinstance(node, Name):
        found = columns[node.name]
        return found if isinstance(found, Moments | Texts) else finite(found)
    if isinstance(node, Value):
        return _constant(node, rows)
    if isinstance(node, Aggregate):
        return looked_up((learnt or {})[node], [columns[name.name] for name in node.by], rows)
    with np.errstate(all="ignore"):
        return _called(node, [evaluate(argument, columns, rows, learnt) for argument in node.arguments])


def typed(found: Column, kind: str) -> Column:
    """Give a computed column the type it is declared with: a whole number that is not exact is missing."""
    if kind != "int" or isinstance(found, Moments | Texts):
        return found
    return np.where(np.abs(found) < EXACT, found, np.nan)


def _constant(node: Value, rows: int) -> Column:
    if node.kind == "text":
        return Texts(np.zeros(rows, dtype=np.int64), (composed(str(node.value)),))
    if node.kind in ("date", "datetime"):
        parse = parse_date if node.kind == "date" else parse_datetime
        return Moments(np.full(rows, parse(str(node.value)), dtype=np.int64))
    return np.full(rows, np.nan if node.value is None else float(node.value))


def _called(node: Call, given: list[Column]) -> Column:
    name = node.function
    if name in _CHOOSES:
        return _CHOOSES[name](_alike(name, given))
    if name in _COMPARES:
        return _compared(name, *_alike(name, given))
    if name in _NUMERIC:
        return finite(_NUMERIC[name](*(_numbers(each) for each in given)))
    written = [each.value for each in node.arguments[1:] if isinstance(each, Value)]
    written = [composed(each) if isinstance(each, str) else each for each in written]
    return _of_one_kind(name, given, written)


def _of_one_kind(name: str, given: list[Column], written: Sequence[object]) -> Column:
    """Compute what takes texts alone, or dates alone; of a null that was written out there is nothing to compute."""
    first = given[0]
    if name in TEXTS:
        return TEXTS[name](first, *written) if isinstance(first, Texts) else _no_texts(_length(first))
    if name in NUMBERS and isinstance(first, Texts):
        return finite(NUMBERS[name](first, *written))
    if name in PARTS and isinstance(first, Moments):
        return PARTS[name](first)
    return _between(name, given)


def _between(name: str, given: list[Column]) -> Numbers:
    pair = [each for each in given if isinstance(each, Moments)]
    if len(pair) < 2 or len(pair) < len(given):
        return np.full(_length(given[0]), np.nan)
    if name == "years_between":
        return years_between(*pair)
    start, end = pair
    apart = np.where(start.known & end.known, end.at - start.at, 0) / BETWEEN[name]
    return np.where(start.known & end.known, apart, np.nan)


def _length(column: Column) -> int:
    return len(column.positions if isinstance(column, Texts) else column.at if isinstance(column, Moments) else column)


def _missing(column: Column) -> NDArray[np.bool_]:
    if isinstance(column, Texts):
        return column.positions < 0
    return ~column.known if isinstance(column, Moments) else np.isnan(column)


def _numbers(column: Column) -> Numbers:
    """Give numbers; a null that was written out is one that is missing."""
    return np.full(_length(column), np.nan) if isinstance(column, Texts | Moments) else column


def _alike(name: str, given: list[Column]) -> list[Column]:
    """Make a null that was written out one of the type of what stands beside it."""
    values = [each for index, each in enumerate(given) if name != "if" or index % 2 or index == len(given) - 1]
    kind = next((type(each) for each in values if isinstance(each, Moments | Texts)), None)
    if kind is None:
        return given
    spelled: Callable[[int], Column] = _no_texts if kind is Texts else _no_moments
    conditions = set(range(0, len(given) - 1, 2)) if name == "if" else set()
    return [
        each if index in conditions or isinstance(each, kind) else spelled(_length(each))
        for index, each in enumerate(given)
    ]


def _no_texts(rows: int) -> Column:
    return Texts(np.full(rows, -1, dtype=np.int64), ())


def _no_moments(rows: int) -> Column:
    return Moments(np.full(rows, MISSING, dtype=np.int64))


def _picked(which: NDArray[np.int64], given: list[Column]) -> Column:
    """Take for each row the value of the column that `which` names; none where that is -1."""
    first = given[0]
    if isinstance(first, Texts):
        columns = [each for each in given if isinstance(each, Texts)]
        base = np.cumsum([0, *(len(each.values) for each in columns)])
        every: list[str | None] = [value for each in columns for value in each.values]
        shifted = [np.where(each.positions < 0, -1, each.positions + base[i]) for i, each in enumerate(columns)]
        return gathered(_chosen(which, shifted, -1), every)
    if isinstance(first, Moments):
        return Moments(_chosen(which, [each.at for each in given if isinstance(each, Moments)], MISSING))
    return _chosen(which, [_numbers(each) for each in given], np.nan)


def _chosen(which: NDArray[np.int64], arrays: Sequence[NDArray[Any]], otherwise: float) -> NDArray[Any]:
    found: NDArray[Any] = np.full(len(which), otherwise, dtype=arrays[0].dtype)
    for index, array in enumerate(arrays):
        found = np.where(which == index, array, found)
    return found


def _if(given: list[Column]) -> Column:
    """Take the value after the first true condition; none where a condition before it is not known."""
    conditions, values = given[:-1:2], [*given[1:-1:2], given[-1]]
    which = np.full(_length(given[0]), len(values) - 1, dtype=np.int64)
    for index in reversed(range(len(conditions))):
        condition = _numbers(conditions[index])
        which = np.where(np.isnan(condition), -1, np.where(condition != 0, index, which))
    return _picked(which, values)


def _coalesce(given: list[Column]) -> Column:
    which = np.full(_length(given[0]), -1, dtype=np.int64)
    for index in reversed(range(len(given))):
        which = np.where(_missing(given[index]), which, index)
    return _picked(which, given)


def _extreme(better: Callable[..., NDArray[np.bool_]]) -> Callable[[list[Column]], Column]:
    def found(given: list[Column]) -> Column:
        keys = [each.at if isinstance(each, Moments) else _numbers(each) for each in given]
        which, best = np.zeros(len(keys[0]), dtype=np.int64), keys[0]
        for index, key in enumerate(keys):
            wins = better(key, best)
            which, best = np.where(wins, index, which), np.where(wins, key, best)
        lost = np.logical_or.reduce([_missing(each) for each in given])
        return _picked(np.where(lost, -1, which), given)

    return found


def _compared(name: str, left: Column, right: Column) -> Numbers:
    keys: list[NDArray[Any]]
    if isinstance(left, Texts) and isinstance(right, Texts):
        known = {value: index for index, value in enumerate(dict.fromkeys((*left.values, *right.values)))}
        keys = [each.mapped(lambda value: float(known[value])) for each in (left, right)]
    else:
        keys = [each.at if isinstance(each, Moments) else _numbers(each) for each in (left, right)]
    found = _COMPARES[name](*keys).astype(np.float64)
    return np.where(_missing(left) | _missing(right), np.nan, found)


def _one_of(given: list[Column]) -> Numbers:
    found = np.zeros(_length(given[0]))
    for each in given[1:]:
        found = np.where(_missing(each), found, np.fmax(found, _compared("==", given[0], each)))
    return np.where(_missing(given[0]), np.nan, found)


def _one_by_one(function: Callable[..., float]) -> Callable[..., Numbers]:
    """Compute with the C library, a value at a time; what it refuses is missing."""

    def guarded(*values: float) -> float:
        try:
            return function(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.nan

    def computed(*given: Numbers) -> Numbers:
        return np.fromiter(map(guarded, *(each.tolist() for each in given)), dtype=np.float64, count=len(given[0]))

    return computed


def _power(base: float, exponent: float) -> float:
    """Raise; what is missing stays so, though the C library knows one to the power of anything."""
    return math.nan if math.isnan(base) or math.isnan(exponent) else math.pow(base, exponent)


def _rest(left: float, right: float) -> float:
    rest = math.fmod(left, right)
    return rest + right if rest and (rest < 0) != (right < 0) else rest


def _both(left: Numbers, right: Numbers) -> Numbers:
    found = np.where(np.isnan(left) | np.isnan(right), np.nan, (left != 0) & (right != 0))
    return np.where((left == 0) | (right == 0), 0.0, found)


def _either(left: Numbers, right: Numbers) -> Numbers:
    found = np.where(np.isnan(left) | np.isnan(right), np.nan, (left != 0) | (right != 0))
    return np.where((left == 1) | (right == 1), 1.0, found)


def _rounded(x: Numbers, digits: Numbers | None = None) -> Numbers:
    scale = 1.0 if digits is None or not len(digits) else 10.0 ** int(digits[0])
    found: Numbers = np.rint(x * scale) / scale
    return np.where(np.isfinite(found), found, x)  # too large to have digits after the point


def _clipped(x: Numbers, low: Numbers, high: Numbers) -> Numbers:
    return np.minimum(np.maximum(x, low), high)


_COMPARES: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CHOOSES: dict[str, Callable[[list[Column]], Column]] = {
    "in": _one_of,
    "is_null": lambda given: _missing(given[0]).astype(np.float64),
    "if": _if,
    "coalesce": _coalesce,
    "min": _extreme(operator.lt),
    "max": _extreme(operator.gt),
}
_NUMERIC: dict[str, Callable[..., Numbers]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": _one_by_one(_rest),
    "**": _one_by_one(_power),
    "neg": operator.neg,
    "not": lambda x: np.where(np.isnan(x), np.nan, x == 0),
    "and": _both,
    "or": _either,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": _rounded,
    "sqrt": np.sqrt,
    "clip": _clipped,
    "log": _one_by_one(math.log),
    "log1p": _one_by_one(math.log1p),
    "log10": _one_by_one(math.log10),
    "exp": _one_by_one(math.exp),
}
