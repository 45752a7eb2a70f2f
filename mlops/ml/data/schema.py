"""What must hold for a table: rules written in YAML, run by pandera on Polars, counted per rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandera.polars as pandera
import polars as pl

from mlops.errors import ConfigurationError
from mlops.ml.data import types
from mlops.ml.data.checks import Check, Severity, examples
from mlops.ml.data.rules import ColumnRule, RowCount, Scalar
from mlops.ml.data.types import ColumnType

_LISTED = 10


@dataclass(frozen=True)
class Rule:
    """An expression that is true where the data is right, and one that counts what is wrong."""

    name: str
    column: str | None
    severity: Severity
    holds: pl.Expr
    count: pl.Expr
    total: int
    sentence: str
    public: bool = False

    def message(self, failed: int) -> str:
        """Say what failed, in words and counts only."""
        return self.sentence.format(
            failed=f"{failed:,}", total=f"{self.total:,}", share=f"{failed / max(self.total, 1):.1%}"
        )


def check(frame: pl.DataFrame, rules: Sequence[Rule]) -> list[Check]:
    """Run the rules and count what breaks each."""
    broken = _broken(frame, rules)
    counts = frame.lazy().select(rules[index].count.alias(str(index)) for index in broken).collect()
    failed = {index: max(int(counts[str(index)][0]), 1) for index in broken}
    return [_result(frame, rule, failed.get(index, 0)) for index, rule in enumerate(rules)]


def rules_of(
    frame: pl.DataFrame,
    columns: Mapping[str, ColumnRule],
    settled: Mapping[str, types.Settled],
    unique: Sequence[Sequence[str]] = (),
    rows: RowCount | None = None,
) -> list[Rule]:
    """Make the rules for a cast table; raises ConfigurationError for bounds that are not of the column's type."""
    found = [_row_count(frame, rows or RowCount())]
    for name, declared in columns.items():
        if name in settled:
            found += _Column(name, declared, settled[name], frame.height).rules()
    return [*found, *(_unique_together(frame, names) for names in unique)]


def _broken(frame: pl.DataFrame, rules: Sequence[Rule]) -> list[int]:
    """Ask pandera which rules fail; one failure case each is enough, since we count ourselves."""
    checks: dict[str | None, list[Any]] = {}
    for index, rule in enumerate(rules):
        pandera_check = pandera.Check(_selects(rule.holds), name=str(index), n_failure_cases=1)
        checks.setdefault(rule.column, []).append(pandera_check)
    schema = pandera.DataFrameSchema(
        {
            name: pandera.Column(frame.schema[name], nullable=True, checks=found)
            for name, found in checks.items()
            if name is not None
        },
        checks=checks.get(None, []),
    )
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return sorted({int(name) for name in errors.failure_cases["check"].to_list()})
    return []


def _selects(holds: pl.Expr) -> Any:
    def run(data: pandera.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(holds)

    return run


def _result(frame: pl.DataFrame, rule: Rule, failed: int) -> Check:
    if not failed:
        return Check(rule.name, rule.column, rule.severity, 0, rule.total)
    shown: tuple[str, ...] = ()
    if rule.public and rule.column is not None:
        shown = examples(frame.filter(~rule.holds)[rule.column].unique().sort().to_list())
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
        found = []
        if declared.nulls is not None:
            found.append(self._nulls(declared.nulls))
        if declared.between is not None:
            found.append(self._between(*declared.between))
        if declared.one_of is not None:
            listed = ", ".join(map(str, declared.one_of[:_LISTED])) + (" ..." if len(declared.one_of) > _LISTED else "")
            allowed = self._typed(declared.one_of, "in")
            found.append(self._value("in", pl.col(self.name).is_in(allowed.to_list()), f"are not one of {listed}"))
        if declared.matches is not None:
            pattern = f"^(?:{declared.matches})$"
            text = pl.col(self.name).cast(pl.String).str.contains(pattern)
            found.append(self._value("matches", text, f"do not match `{declared.matches}`"))
        if declared.unique:
            alone = pl.col(self.name).is_unique() | pl.col(self.name).is_null()
            found.append(self._value("unique", alone, "stand more than once"))
        return found

    def _value(self, name: str, holds: pl.Expr, words: str) -> Rule:
        holds = holds.fill_null(value=True)
        sentence = f"{{failed}} of {{total}} values of `{_escaped(self.name)}` {_escaped(words)}"
        return Rule(
            name, self.name, self.declared.severity, holds, (~holds).sum(), self.rows, sentence, self.declared.public
        )

    def _nulls(self, budget: float) -> Rule:
        # a value that would not cast is counted by `type`, not as missing
        missing = pl.col(self.name).null_count() - self.settled.failed
        allowed = f"at most {budget:.4g} of all may be" if budget else "none may be"
        sentence = f"{{failed}} of {{total}} values of `{_escaped(self.name)}` are missing ({{share}}); {allowed}"
        holds = missing <= budget * self.rows
        return Rule("nulls", self.name, self.declared.severity, holds, missing, self.rows, sentence)

    def _between(self, low: float | str | None, high: float | str | None) -> Rule:
        column = pl.col(self.name)
        bounds = [None if bound is None else self._typed((bound,), "between")[0] for bound in (low, high)]
        holds = pl.lit(value=True)
        if bounds[0] is not None:
            holds = holds & (column >= bounds[0])
        if bounds[1] is not None:
            holds = holds & (column <= bounds[1])
        words = f"are outside {_plain(low)} to {_plain(high)}"
        if low is None or high is None:
            words = f"are above {_plain(high)}" if low is None else f"are below {_plain(low)}"
        return self._value("between", holds, words)

    def _typed(self, values: Sequence[Scalar], key: str) -> pl.Series:
        to: ColumnType = "float" if self.settled.type == "int" and key == "between" else self.settled.type
        result = types.cast(pl.Series(self.name, [str(value) for value in values]), to)
        if result.null_count():
            raise ConfigurationError(
                f"`{key}` of `{self.name}` is not made of values of type {self.settled.type}",
                hint=f"give `{key}` in the type of the column, or the column another `type`",
            )
        return result


def _row_count(frame: pl.DataFrame, rows: RowCount) -> Rule:
    holds = pl.lit(frame.height >= rows.at_least and (rows.at_most is None or frame.height <= rows.at_most))
    expected = f"at least {rows.at_least:,}" + ("" if rows.at_most is None else f" and at most {rows.at_most:,}")
    sentence = f"there are {{total}} rows; {expected} are expected"
    return Rule("rows", None, "block", holds, pl.lit(1), frame.height, sentence)


def _unique_together(frame: pl.DataFrame, names: Sequence[str]) -> Rule:
    holds = ~pl.struct(names).is_duplicated()
    listed = ", ".join(f"`{_escaped(name)}`" for name in names)
    sentence = f"{{failed}} of {{total}} rows share their {listed} with another row"
    return Rule("unique_together", None, "block", holds, (~holds).sum(), frame.height, sentence)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _plain(bound: float | str | None) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
