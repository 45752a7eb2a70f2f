"""The rules for a table as a pandera schema: to read, to use in a notebook, and to hold our own pass against.

`schema_of(columns, unique).validate(frame, lazy=True)` refuses exactly the tables that break a rule, whatever its
severity; the stage itself runs `mlops.ml.data.schema`, which asks the same in one pass and counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandera.polars as pandera
import polars as pl

from mlops.blocks.column_rule import ColumnRule, ColumnType, Scalar
from mlops.blocks.table_rule import Pair
from mlops.ml.data import types
from mlops.ml.data.types import DTYPES

_RELATIONS = {
    "less_than": lambda left, right: left < right,
    "at_most": lambda left, right: left <= right,
    "equals": lambda left, right: left == right,
    "differs_from": lambda left, right: left != right,
    "at_least": lambda left, right: left >= right,
    "greater_than": lambda left, right: left > right,
    "requires": lambda left, right: left.is_null() | right.is_not_null(),
    "missing_with": lambda left, right: left.is_null() == right.is_null(),
}


def schema_of(
    columns: Mapping[str, ColumnRule],
    unique: Sequence[Sequence[str]] = (),
    pairs: Sequence[Pair] = (),
    *,
    strict: bool = False,
    ordered: bool = False,
) -> pandera.DataFrameSchema:
    """Describe a typed table; columns without a declared type have any."""
    checks = [_together(names) for names in unique] + [_pair(rule) for rule in pairs]
    return pandera.DataFrameSchema(
        {name: _column(name, rule) for name, rule in columns.items()}, checks=checks, strict=strict, ordered=ordered
    )


def _column(name: str, rule: ColumnRule) -> pandera.Column:
    checks = list(_checks(rule))
    if rule.null_budget:
        checks.append(pandera.Check(_budget(rule.null_budget), name="nulls"))
    if rule.unique:
        checks.append(pandera.Check(_alone, name="unique"))
    dtype = None if rule.type is None else DTYPES[rule.type]
    return pandera.Column(dtype, name=name, nullable=rule.null_budget != 0, required=not rule.optional, checks=checks)


def _checks(rule: ColumnRule) -> Iterator[Any]:
    low, high = rule.between or (None, None)
    number: ColumnType | None = "float" if rule.type in ("int", "float") else rule.type
    for bound, make in (
        (low, pandera.Check.greater_than_or_equal_to),
        (high, pandera.Check.less_than_or_equal_to),
        (rule.greater_than, pandera.Check.greater_than),
        (rule.less_than, pandera.Check.less_than),
    ):
        if bound is not None:
            yield make(_typed([bound], number)[0])
    if rule.one_of is not None:
        yield pandera.Check.isin(_typed(rule.one_of, rule.type))
        if rule.all_occur:
            yield pandera.Check(_covers(_typed(rule.one_of, rule.type)), name="all_occur")
    if rule.none_of is not None:
        yield pandera.Check.notin(_typed(rule.none_of, rule.type))
    yield from _texts(rule)


def _texts(rule: ColumnRule) -> Iterator[Any]:
    if rule.matches is not None:
        yield pandera.Check.str_matches(f"^(?:{rule.matches})$")
    if rule.length is not None:
        yield pandera.Check.str_length(*rule.length)
    if rule.starts_with is not None:
        yield pandera.Check.str_startswith(rule.starts_with)
    if rule.ends_with is not None:
        yield pandera.Check.str_endswith(rule.ends_with)
    if rule.contains is not None:
        yield pandera.Check(_holds(rule.contains), name="contains")


def _typed(values: Sequence[Scalar], to: ColumnType | None) -> list[Any]:
    return list(values) if to is None else types.cast(pl.Series([str(value) for value in values]), to).to_list()


def _together(names: Sequence[str]) -> Any:
    # pandera's own `unique` takes one set of columns only
    return pandera.Check(lambda data: data.lazyframe.select(~pl.struct(names).is_duplicated()), name="unique_together")


def _pair(rule: Pair) -> Any:
    holds = _RELATIONS[rule.relation](pl.col(rule.left), pl.col(rule.right)).fill_null(value=True)
    return pandera.Check(lambda data: data.lazyframe.select(holds), name=f"{rule.left} {rule.relation} {rule.right}")


def _alone(data: Any) -> Any:
    column = pl.col(data.key)
    return data.lazyframe.select(column.is_null() | ~column.is_duplicated())


def _budget(share: float) -> Any:
    return lambda data: data.lazyframe.select(pl.col(data.key).null_count() <= share * pl.len())


def _covers(values: list[Any]) -> Any:
    return lambda data: data.lazyframe.select(pl.lit(pl.Series(values)).is_in(pl.col(data.key).implode()).all())


def _holds(text: str) -> Any:
    return lambda data: data.lazyframe.select(pl.col(data.key).str.contains(text, literal=True).fill_null(value=True))
