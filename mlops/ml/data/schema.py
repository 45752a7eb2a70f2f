"""What must hold for a table: rules written in YAML, compiled into the expressions of one lazy pass, counted per rule.

The pass asks for each rule a cheap question (least and greatest value, number of distinct values). Only a rule that is
broken costs a second look, which counts. `mlops.ml.data.pandera_schema` has the same rules as a pandera schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mlops.blocks.column_rule import ColumnRule, ColumnType, Scalar, Severity
from mlops.blocks.table_rule import RowCount
from mlops.errors import ConfigurationError
from mlops.ml.data import types
from mlops.ml.data.checks import Check, examples

_LISTED = 10
_ORDERED: tuple[ColumnType, ...] = ("int", "float", "date", "datetime")


@dataclass(frozen=True)
class Rule:
    """A rule as expressions: `wrong` counts the values that break it, `breaks` marks them.

    `intact` answers whether nothing breaks it, where that is cheaper to ask than to count.
    """

    name: str
    column: str | None
    severity: Severity
    wrong: pl.Expr
    total: int
    sentence: str
    public: bool = False
    breaks: pl.Expr | None = None
    intact: pl.Expr | None = None

    @property
    def holds(self) -> pl.Expr:
        """Ask whether nothing breaks the rule."""
        return self.wrong == 0 if self.intact is None else self.intact

    def message(self, failed: int) -> str:
        """Say what failed, in words and counts only."""
        return self.sentence.format(
            failed=f"{failed:,}", total=f"{self.total:,}", share=f"{failed / max(self.total, 1):.1%}"
        )


def check(frame: pl.DataFrame, rules: Sequence[Rule]) -> list[Check]:
    """Run the rules in one pass, and count what breaks those that do not hold."""
    lazy = frame.lazy()
    holds = _answers(lazy, [rule.holds for rule in rules])
    broken = [rule for rule, held in zip(rules, holds, strict=True) if held is not True]
    counts = iter(_answers(lazy, [rule.wrong for rule in broken]))
    failed = [0 if held is True else max(int(next(counts) or 0), 1) for held in holds]
    return [_result(lazy, rule, count) for rule, count in zip(rules, failed, strict=True)]


def rules_of(
    height: int,
    columns: Mapping[str, ColumnRule],
    settled: Mapping[str, types.Settled],
    unique: Sequence[Sequence[str]] = (),
    rows: RowCount | None = None,
) -> list[Rule]:
    """Make the rules for a cast table; raises ConfigurationError for bounds that are not of the column's type."""
    found = [_row_count(height, rows or RowCount())]
    for name, declared in columns.items():
        if name in settled:
            found += _Column(name, declared, settled[name], height).rules()
    return [*found, *(_unique_together(height, names) for names in unique)]


def _answers(lazy: pl.LazyFrame, asked: Sequence[pl.Expr]) -> tuple[Any, ...]:
    """Ask all in one pass; the answers are in the order of the questions."""
    if not asked:
        return ()
    # the rows are in memory: to stream them would take twice the time to tell how many values are distinct
    named = (expression.alias(str(number)) for number, expression in enumerate(asked))
    return lazy.select(named).collect(engine="in-memory").row(0)


def _result(lazy: pl.LazyFrame, rule: Rule, failed: int) -> Check:
    if not failed:
        return Check(rule.name, rule.column, rule.severity, 0, rule.total)
    shown: tuple[str, ...] = ()
    if rule.public and rule.column is not None and rule.breaks is not None:
        values = lazy.filter(rule.breaks).select(rule.column).collect()[rule.column]
        shown = examples(values.unique().sort().to_list())
    return Check(rule.name, rule.column, rule.severity, failed, rule.total, rule.message(failed), shown)


@dataclass(frozen=True)
class _Column:
    """The rules of one declared column."""

    name: str
    declared: ColumnRule
    settled: types.Settled
    rows: int

    def rules(self) -> list[Rule]:
        declared = self.declared
        return [
            *([] if declared.null_budget is None else [self._nulls(declared.null_budget)]),
            *self._bounds(),
            *self._members(),
            *self._texts(),
            *([self._unique()] if declared.unique else []),
        ]

    def _value(self, name: str, breaks: pl.Expr, words: str, intact: pl.Expr | None = None) -> Rule:
        """Make a rule that a missing value does not break."""
        sentence = f"{{failed}} of {{total}} values of `{escaped(self.name)}` {escaped(words)}"
        declared = self.declared
        return Rule(
            name,
            self.name,
            declared.severity,
            breaks.sum(),
            self.rows,
            sentence,
            declared.public,
            breaks,
            None if intact is None else intact.fill_null(value=True),
        )

    def _nulls(self, budget: float) -> Rule:
        # a value that would not cast is counted by `type`, not as missing
        missing = pl.col(self.name).null_count().cast(pl.Int64) - self.settled.failed
        allowed = f"at most {budget:.4g} of all may be" if budget else "none may be"
        sentence = f"{{failed}} of {{total}} values of `{escaped(self.name)}` are missing ({{share}}); {allowed}"
        intact = missing <= budget * self.rows
        return Rule("nulls", self.name, self.declared.severity, missing, self.rows, sentence, intact=intact)

    def _bounds(self) -> Iterator[Rule]:
        column, declared = pl.col(self.name), self.declared
        if declared.between is not None:
            yield self._between(*declared.between)
        if declared.greater_than is not None:
            bound = self._typed((declared.greater_than,), "greater_than")[0]
            words = f"are not greater than {_plain(declared.greater_than)}"
            yield self._value("greater_than", column <= bound, words, self._least() > bound)
        if declared.less_than is not None:
            bound = self._typed((declared.less_than,), "less_than")[0]
            words = f"are not less than {_plain(declared.less_than)}"
            yield self._value("less_than", column >= bound, words, self._greatest() < bound)

    def _between(self, low: float | str | None, high: float | str | None) -> Rule:
        column = pl.col(self.name)
        bounds = [None if bound is None else self._typed((bound,), "between")[0] for bound in (low, high)]
        breaks, intact = pl.lit(value=False), pl.lit(value=True)
        if bounds[0] is not None:
            breaks, intact = breaks | (column < bounds[0]), intact & (self._least() >= bounds[0])
        if bounds[1] is not None:
            breaks, intact = breaks | (column > bounds[1]), intact & (self._greatest() <= bounds[1])
        words = f"are outside {_plain(low)} to {_plain(high)}"
        if low is None or high is None:
            words = f"are above {_plain(high)}" if low is None else f"are below {_plain(low)}"
        return self._value("between", breaks, words, intact)

    def _least(self) -> pl.Expr:
        return pl.col(self.name).min()

    def _greatest(self) -> pl.Expr:
        return pl.col(self.name).max()

    def _members(self) -> Iterator[Rule]:
        declared, column = self.declared, pl.col(self.name)
        if declared.one_of is not None:
            allowed = self._typed(declared.one_of, "in").to_list()
            words = f"are not one of {_listed(declared.one_of)}"
            yield self._value("in", ~column.is_in(allowed), words, self._all_in(allowed))
            if declared.all_occur:
                absent = len(set(allowed)) - column.filter(column.is_in(allowed)).n_unique().cast(pl.Int64)
                sentence = f"{{failed}} of {{total}} values that `in` lists do not occur in `{escaped(self.name)}`"
                total = len(set(allowed))
                yield Rule("all_occur", self.name, declared.severity, absent, total, sentence)
        if declared.none_of is not None:
            refused = self._typed(declared.none_of, "not_in").to_list()
            yield self._value("not_in", column.is_in(refused), f"are one of {_listed(declared.none_of)}")

    def _all_in(self, allowed: list[Scalar]) -> pl.Expr | None:
        """Ask for the range where the allowed whole numbers have no gap: that needs no look at every value."""
        if self.settled.type != "int" or not allowed:
            return None
        low, high = min(allowed), max(allowed)
        gapless = len(set(allowed)) == int(high) - int(low) + 1
        return (self._least() >= low) & (self._greatest() <= high) if gapless else None

    def _texts(self) -> Iterator[Rule]:
        declared, text = self.declared, pl.col(self.name).cast(pl.String)
        if declared.matches is not None:
            pattern = f"^(?:{declared.matches})$"
            yield self._value("matches", ~text.str.contains(pattern), f"do not match `{declared.matches}`")
        if declared.length is not None:
            low, high = declared.length
            size, breaks = text.str.len_chars(), pl.lit(value=False)
            breaks = breaks if low is None else breaks | (size < low)
            breaks = breaks if high is None else breaks | (size > high)
            breaks = size != low if low == high else breaks
            limits = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
            yield self._value("length", breaks, f"do not have {' and '.join(limits)} characters")
        if (part := declared.starts_with) is not None:
            yield self._value("starts_with", ~text.str.starts_with(part), f"do not start with `{part}`")
        if (part := declared.ends_with) is not None:
            yield self._value("ends_with", ~text.str.ends_with(part), f"do not end with `{part}`")
        if (part := declared.contains) is not None:
            yield self._value("contains", ~text.str.contains(part, literal=True), f"do not contain `{part}`")

    def _unique(self) -> Rule:
        column = pl.col(self.name)
        present = column.count().cast(pl.Int64)
        distinct = column.n_unique().cast(pl.Int64) - (column.null_count() > 0).cast(pl.Int64)
        breaks = column.is_duplicated() & column.is_not_null()
        return self._value("unique", breaks, "stand more than once", present == distinct)

    def _typed(self, values: Sequence[Scalar], key: str) -> pl.Series:
        of_bounds = key in ("between", "greater_than", "less_than")
        to: ColumnType = "float" if self.settled.type == "int" and of_bounds else self.settled.type
        result = types.cast(pl.Series(self.name, [str(value) for value in values]), to)
        if result.null_count() or (of_bounds and to not in _ORDERED):
            raise ConfigurationError(
                f"`{key}` of `{self.name}` is not made of values of type {self.settled.type}",
                hint=f"give `{key}` in the type of the column, or the column another `type`",
            )
        return result


def _row_count(rows: int, expected: RowCount) -> Rule:
    right = rows >= expected.at_least and (expected.at_most is None or rows <= expected.at_most)
    wanted = f"at least {expected.at_least:,}" + (
        "" if expected.at_most is None else f" and at most {expected.at_most:,}"
    )
    sentence = f"there are {{total}} rows; {wanted} are expected"
    return Rule("rows", None, "block", pl.lit(int(not right)), rows, sentence)


def _unique_together(rows: int, names: Sequence[str]) -> Rule:
    key = pl.struct(names)
    listed = ", ".join(f"`{escaped(name)}`" for name in names)
    sentence = f"{{failed}} of {{total}} rows share their {listed} with another row"
    breaks = key.is_duplicated()
    return Rule("unique_together", None, "block", breaks.sum(), rows, sentence, intact=key.n_unique() == rows)


def escaped(text: str) -> str:
    """Spell text so that formatting leaves it as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _listed(values: Sequence[Scalar]) -> str:
    return ", ".join(map(str, values[:_LISTED])) + (" ..." if len(values) > _LISTED else "")


def _plain(bound: float | str | None) -> str:
    return f"{bound:g}" if isinstance(bound, float | int) else str(bound)
