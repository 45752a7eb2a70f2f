"""Columns computed from other columns, by an expression or a rule; the server computes with the same evaluator."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.derived import Derived, reads
from mlops.blocks.derived import inputs as made_of
from mlops.errors import ConfigurationError
from mlops.expressions import spelling
from mlops.expressions.steps import Step, computed, condition, inputs, learnt, needed, step
from mlops.expressions.tree import Fault
from mlops.ml.data import arrays, types

_SIGNS = {"greater_than": ">", "at_least": ">=", "less_than": "<", "at_most": "<=", "equals": "=="}
_ORDERED: tuple[ColumnType, ...] = ("int", "float", "date", "datetime")
_TAKES: dict[str, tuple[ColumnType, ...]] = {
    **dict.fromkeys(("greater_than", "at_least", "less_than", "at_most"), _ORDERED),
    "log1p": ("int", "float"),
    "year": ("date", "datetime"),
}


def derive(
    frame: pl.DataFrame, column_types: Mapping[str, ColumnType], wanted: Mapping[str, str | Derived]
) -> tuple[pl.DataFrame, dict[str, ColumnType]]:
    """Add the wanted columns, in an order that lets one be computed from another; missing stays missing.

    Returns the frame and the types of all its columns; raises ConfigurationError for what cannot be computed.
    """
    known = dict(column_types)
    made = steps(wanted, column_types)
    given = {name: arrays.column(frame[name], known[name]) for name in inputs(made)}
    values = computed(made, given, frame.height)
    for each in made:
        found = arrays.series(each.name, values[each.name], each.type)
        known[each.name] = types.text_type(found) if each.type == "string" else each.type  # type: ignore[assignment]  # a type
        frame = frame.with_columns(found)
    return frame, known


def possible(wanted: Mapping[str, str | Derived], column_types: Mapping[str, str]) -> list[Step]:
    """List, in order, what can be computed of a table that has some computed columns already, and lacks others.

    Raises:
        ConfigurationError: an expression does not fit the types of the table's columns.
    """
    whole = {name: each for name, each in wanted.items() if made_of(wanted, [name]) <= set(column_types)}
    return steps(whole, {name: kind for name, kind in column_types.items() if name not in wanted})


def learn(
    frame: pl.DataFrame, column_types: Mapping[str, str], made: list[Step], wanted: set[str]
) -> tuple[list[Step], pl.DataFrame, dict[str, ColumnType]]:
    """Learn the aggregates of steps from the rows of a frame; give the steps with them, and what is `wanted` of it.

    The columns that come back are only the computed ones that are wanted, with their types.
    """
    asked = needed(made, wanted)
    given = {name: arrays.column(frame[name], column_types[name]) for name in inputs(asked)}
    done, values = learnt(asked, given, frame.height)
    found = [arrays.series(each.name, values[each.name], each.type) for each in done if each.name in wanted]
    kinds = {each.name: each.type for each in done if each.name in wanted}
    texts_of = {each.name: types.text_type(each) for each in found if kinds[each.name] == "string"}
    return done, pl.DataFrame(found), kinds | texts_of  # type: ignore[return-value]  # types of columns


def steps(wanted: Mapping[str, str | Derived], column_types: Mapping[str, str]) -> list[Step]:
    """Order and type the wanted columns by the types of the others; raises ConfigurationError."""
    known, made = dict(column_types), []
    for name in order(wanted, known):
        rule = wanted[name]
        if isinstance(rule, Derived):
            _check(name, rule, known)
            expression = _expression(rule, known[rule.source])
        else:
            expression = rule
        try:
            found = step(name, expression, known)
        except Fault as fault:
            raise ConfigurationError(f"`derive` cannot compute `{name}`: {fault.message}", hint=fault.hint) from fault
        known[name] = found.type
        made.append(found)
    return made


def order(wanted: Mapping[str, str | Derived], known: Mapping[str, str]) -> list[str]:
    """Sort computed columns so that each follows its sources; raises ConfigurationError where that is impossible."""
    ready, left, ordered = set(known), sorted(wanted), []
    clashes = [name for name in left if name in ready]
    if clashes:
        raise ConfigurationError(
            f"`derive` would overwrite columns of the data: {', '.join(clashes)}",
            hint="give the new columns other names",
        )
    while left:
        able = [name for name in left if ready.issuperset(reads(wanted[name]))]
        if not able:
            lacking = ((name, [each for each in reads(wanted[name]) if each not in ready]) for name in left)
            missing = ", ".join(f"`{name}` from {', '.join(f'`{each}`' for each in lacks)}" for name, lacks in lacking)
            raise ConfigurationError(
                f"`derive` cannot compute {missing}", hint="it names a column that is not there, or itself"
            )
        ordered += able
        ready |= set(able)
        left = [name for name in left if name not in ready]
    return ordered


def _check(name: str, rule: Derived, known: Mapping[str, str]) -> None:
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
    needed = rule.rule in _SIGNS or rule.rule == "one_of"
    if needed != (rule.value is not None):
        wrong = f"the rule {rule.rule} {'needs a' if needed else 'takes no'} `value`"
    elif (rule.rule == "one_of") != isinstance(rule.value, tuple):
        wrong = f"`value` of the rule {rule.rule} is {'a list' if rule.rule == 'one_of' else 'one value'}"
    else:
        return
    raise ConfigurationError(f"`derive` cannot compute `{name}`: {wrong}", hint="correct `value`")


def _expression(rule: Derived, source: str) -> str:
    """Say in an expression what a rule says; its value becomes one of the type of its column."""
    column = spelling.column(rule.source)
    if rule.rule in ("is_null", "log1p", "year"):
        return f"{rule.rule}({column})"
    if isinstance(rule.value, tuple):
        return f"{column} in [{', '.join(_typed(rule, value, source) for value in rule.value)}]"
    return f"{column} {_SIGNS[rule.rule]} {_typed(rule, rule.value, source)}"


def _typed(rule: Derived, value: object, source: str) -> str:
    to = "float" if source == "int" and rule.rule != "one_of" else source
    result = types.cast(pl.Series([str(value)]), to)[0]  # type: ignore[arg-type]  # a type of a column
    if result is None:
        raise ConfigurationError(
            f"`derive` compares `{rule.source}`, which is of type {source}, with the value `{value}`",
            hint=f"give a `value` of type {source}",
        )
    return spelling.value(result)


def rows_where(frame: pl.DataFrame, column_types: Mapping[str, ColumnType], keep: str) -> tuple[pl.DataFrame, int]:
    """Keep the rows that a condition is true of; say of how many others it is not known.

    Raises:
        ConfigurationError: it is no condition, or does not fit the columns.
    """
    try:
        asked = condition(keep, column_types)
    except Fault as fault:
        raise ConfigurationError(f"`where` cannot be asked: {fault.message}", hint=fault.hint) from fault
    given = {name: arrays.column(frame[name], column_types[name]) for name in asked.reads}
    found = computed([asked], given, frame.height)[asked.name]
    truth = arrays.series(asked.name, found, "bool")
    return frame.filter(truth), truth.null_count()
