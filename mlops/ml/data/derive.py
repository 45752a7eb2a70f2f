"""Columns computed from other columns by a named rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.derived import Derived
from mlops.errors import ConfigurationError
from mlops.ml.data import types

_COMPARISONS: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "greater_than": lambda column, value: column > value,
    "at_least": lambda column, value: column >= value,
    "less_than": lambda column, value: column < value,
    "at_most": lambda column, value: column <= value,
    "equals": lambda column, value: column == value,
}
_ORDERED: tuple[ColumnType, ...] = ("int", "float", "date", "datetime")
_TAKES: dict[str, tuple[ColumnType, ...]] = {
    **dict.fromkeys(("greater_than", "at_least", "less_than", "at_most"), _ORDERED),
    "log1p": ("int", "float"),
    "year": ("date", "datetime"),
}


def derive(
    frame: pl.DataFrame, column_types: Mapping[str, ColumnType], wanted: Mapping[str, Derived]
) -> tuple[pl.DataFrame, dict[str, ColumnType]]:
    """Add the wanted columns, in an order that lets one be computed from another; missing stays missing.

    Returns the frame and the types of all its columns; raises ConfigurationError for what cannot be computed.
    """
    known = dict(column_types)
    for name in order(wanted, known):
        rule = wanted[name]
        _check(name, rule, known)
        frame = frame.with_columns(_expression(rule, known[rule.source]).alias(name))
        known[name] = _type(rule)
    return frame, known


def order(wanted: Mapping[str, Derived], known: Mapping[str, ColumnType]) -> list[str]:
    """Sort computed columns so that each follows its source; raises ConfigurationError where that is impossible."""
    ready, left, ordered = set(known), sorted(wanted), []
    clashes = [name for name in left if name in ready]
    if clashes:
        raise ConfigurationError(
            f"`derive` would overwrite columns of the data: {', '.join(clashes)}",
            hint="give the new columns other names",
        )
    while left:
        able = [name for name in left if wanted[name].source in ready]
        if not able:
            missing = ", ".join(f"`{name}` from `{wanted[name].source}`" for name in left)
            raise ConfigurationError(
                f"`derive` cannot compute {missing}", hint="`from` names a column that is not there"
            )
        ordered += able
        ready |= set(able)
        left = [name for name in left if name not in ready]
    return ordered


def _check(name: str, rule: Derived, known: Mapping[str, ColumnType]) -> None:
    _refuse_contradictions(name, rule)
    accepted = _TAKES.get(rule.rule)
    found = known[rule.source]
    if accepted and found not in accepted:
        raise ConfigurationError(
            f"`derive` cannot compute `{name}`: the rule {rule.rule} does not apply to `{rule.source}`, "
            f"which is of type {found}",
            hint=f"the rule takes columns of type {', '.join(accepted)}",
        )


def _refuse_contradictions(name: str, rule: Derived) -> None:
    """Hold the value against the rule: one, a list of them, or none."""
    needed = rule.rule in _COMPARISONS or rule.rule == "one_of"
    if needed != (rule.value is not None):
        wrong = f"the rule {rule.rule} {'needs a' if needed else 'takes no'} `value`"
    elif (rule.rule == "one_of") != isinstance(rule.value, tuple):
        wrong = f"`value` of the rule {rule.rule} is {'a list' if rule.rule == 'one_of' else 'one value'}"
    else:
        return
    raise ConfigurationError(f"`derive` cannot compute `{name}`: {wrong}", hint="correct `value`")


def _expression(rule: Derived, source: ColumnType) -> pl.Expr:
    column = pl.col(rule.source)
    if rule.rule == "is_null":
        return column.is_null()
    if rule.rule == "log1p":
        return pl.when(column > -1).then(column.cast(pl.Float64).log1p())
    if rule.rule == "year":
        return column.dt.year().cast(pl.Int64)
    if isinstance(rule.value, tuple):
        return column.is_in([_typed(rule, value, source) for value in rule.value])
    return _COMPARISONS[rule.rule](column, _typed(rule, rule.value, source))


def _typed(rule: Derived, value: object, source: ColumnType) -> Any:
    to: ColumnType = "float" if source == "int" and rule.rule != "one_of" else source
    result = types.cast(pl.Series([str(value)]), to)[0]
    if result is None:
        raise ConfigurationError(
            f"`derive` compares `{rule.source}`, which is of type {source}, with the value `{value}`",
            hint=f"give a `value` of type {source}",
        )
    return result


def _type(rule: Derived) -> ColumnType:
    return {"log1p": "float", "year": "int"}.get(rule.rule, "bool")  # type: ignore[return-value]  # both are types
