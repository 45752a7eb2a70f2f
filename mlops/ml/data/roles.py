"""Which columns a model should not see, by what they look like: names of rows, texts, constants, leaks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops.blocks.column_name import typed
from mlops.blocks.column_rule import TEXTS
from mlops.errors import ConfigurationError
from mlops.ml.data import columns, leakage, personal, pixels, prose, sample
from mlops.ml.data.names import ROWS, VALUE
from mlops.ml.data.suspect import Suspect

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from mlops.blocks.column_rule import ColumnType
    from mlops.ml.data.ahead import Ahead
    from mlops.ml.data.target import Target

_THING = re.compile(
    r"((account|borrower|case|client|company|customer|device|employee|engine|family|firm|household|loan|machine|member"
    r"|order|participant|patient|person|policy|respondent|session|student|subject|user|vehicle|visitor)"
    r"[ _.-]?(id|key|no|nr|number|uuid)|id|uuid)",
    re.IGNORECASE,
)
_GROUPS = 20
_SHOWN = 10
_LEVELS = 50


def names_a_thing(name: str) -> bool:
    """Tell whether a column's name says that it names a person or thing, which rows may repeat."""
    return _THING.fullmatch(name) is not None


@dataclass
class Roles:
    """Columns sorted out so far; `doubts` are sentences for a person."""

    keys: list[str] = field(default_factory=list)
    entity: str | None = None
    personal: dict[str, str] = field(default_factory=dict)
    """What a column holds of persons."""
    exclude: dict[str, list[str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, name: str) -> None:
        """Exclude a column for a reason."""
        self.exclude.setdefault(reason, []).append(name)

    def by_what(self) -> dict[str, list[str]]:
        """Sort the personal columns by what they hold."""
        return {
            what: [name for name in self.personal if self.personal[name] == what] for what in self.personal.values()
        }

    def assign(
        self, frame: pl.DataFrame, kinds: Mapping[str, ColumnType], goal: Target, ahead: Ahead | None = None
    ) -> None:
        """Sort out the columns of a typed table whose rows all have a target; those that a forecast needs stay.

        Raises:
            ConfigurationError: no column is left to learn from.
        """
        needed = set() if ahead is None else {ahead.date, ahead.series}
        features = [name for name in kinds if name != goal.name and name not in needed]
        distinct = columns.distincts(frame)
        self._find_persons(frame, kinds, features)
        if ahead is None:
            self._find_entities(frame, kinds, distinct, features)
        for check in columns.identifiers(frame, self._left(features), kinds, distinct):
            self._keep_apart(frame[str(check.column)], kinds[str(check.column)])
        for name in self._left(features):
            if reason := _useless(frame[name], kinds[name], distinct[name]):
                self.leave_out(reason, name)
        left = self._left(features)
        image = pixels.find(frame, {name: kinds[name] for name in left})
        suspects = [Suspect(name, kinds[name], pixel=name in image) for name in left]
        drawn = sample.draw(frame)
        for check in leakage.find(drawn.rows, goal, suspects):
            if check.blocks:
                self.leave_out("leaks_target", str(check.column))
            self.doubts.append(drawn.noted(check.message))
        self.doubts += [asked for name in self._left(features) if (asked := personal.doubt(name))]
        self.doubts += [prose.doubt(frame[name]) for name in self._left(features) if kinds[name] == "text"]
        if ahead is None and self.entity is None:
            self._propose_time(frame, kinds, self._left(features))
        if ahead is None and not self._left(features):
            raise ConfigurationError(self._nothing_left(), hint="bring columns that describe each row")

    def _nothing_left(self) -> str:
        """Say that no column is left, and what became of each."""
        apart = [(name, f"holds {what}") for name, what in self.personal.items()]
        apart += [(name, "names a row or a thing") for name in self.keys if name not in self.personal]
        apart += [(name, reason.replace("_", " ")) for reason, names in self.exclude.items() for name in names]
        shown = [f"`{name}` ({reason})" for name, reason in apart[:_SHOWN]]
        more = [f"{len(apart) - _SHOWN:,} more"] if len(apart) > _SHOWN else []
        lines = [f"no column is left to learn from: {', '.join([*shown, *more])}" if apart else "no column is left"]
        return "\n  ".join([*lines, *self.doubts[:_SHOWN]])

    def _left(self, names: list[str]) -> list[str]:
        out = {*self.keys, *self.personal, *(name for listed in self.exclude.values() for name in listed)}
        return [name for name in names if name not in out]

    def _find_persons(self, frame: pl.DataFrame, kinds: Mapping[str, ColumnType], names: list[str]) -> None:
        for name in self._left(names):
            if what := personal.found(frame[name], kinds[name]):
                self.personal[name] = what

    def _find_entities(
        self,
        frame: pl.DataFrame,
        kinds: Mapping[str, ColumnType],
        distinct: Mapping[str, int],
        names: list[str],
    ) -> None:
        """Find the persons or things that rows repeat: where a name says so, or what identifies a person, and many.

        The split keeps those of the fewest values together, which hold the others where one belongs to the other. What
        is missing, or few, takes no column from among them without a word.
        """
        open_to = (*self._left(names), *self.personal)
        things = [name for name in open_to if names_a_thing(name) and _is_name(frame[name], kinds[name])]
        told = {name: frame.height - frame[name].null_count() for name in open_to}
        repeated = [name for name in things if 1 < distinct[name] < told[name]]
        if not repeated:  # a name of each row alone, such as an order's, says nothing of whom rows are about
            persons = [name for name, what in self.personal.items() if what in personal.IDENTIFYING]
            repeated = [name for name in persons if 1 < distinct[name] < told[name]]
        few = [name for name in repeated if distinct[name] < _GROUPS]
        self.doubts += [
            f"`{name}` has {distinct[name]} values, too few to keep the rows of one together in the split: "
            "a model may know them again, so that it is better here than for a new one"
            for name in few
        ]
        found = sorted((name for name in repeated if name not in few), key=lambda name: distinct[name])
        if not found:
            return
        self.entity = found[0]
        self.keys += found
        if missing := frame[self.entity].null_count():
            self.doubts.append(
                f"{missing:,} of {frame.height:,} rows have no `{self.entity}`: each stands alone in the split, though "
                "it may belong to rows of another part; fill it, or remove these rows"
            )
        self.doubts += [
            f"rows of one `{name}` may be in several parts, as the split keeps those of one `{self.entity}` together; "
            f"name `{name}` as `entity` and as the key of the split if it is what a row is about"
            for name in found[1:]
            if _crosses(frame[name], frame[self.entity])
        ]

    def _propose_time(self, frame: pl.DataFrame, kinds: Mapping[str, ColumnType], names: list[str]) -> None:
        """Ask whether the model is to predict what comes, where a date that every row has could order the rows."""
        dated = [name for name in names if kinds[name] in ("date", "datetime") and not frame[name].null_count()]
        ordering = next((name for name in dated if personal.doubt(name) is None), None)
        if ordering is not None:
            self.doubts.append(
                f"`{ordering}` could order the rows in time: if the model is to predict what comes, write "
                f"`split: {{by: time, key: {typed(ordering)}}}`"
            )

    def _keep_apart(self, series: pl.Series, kind: ColumnType) -> None:
        """Place a column that has another value in nearly every row."""
        if series.null_count() == len(series):
            self.leave_out("empty", series.name)
        elif kind in TEXTS and bool(series.str.contains(r"\S\s+\S").any()):
            self.leave_out("free_text", series.name)
        else:
            self.keys.append(series.name)


def _is_name(values: pl.Series, kind: ColumnType) -> bool:
    """Tell whether values may name something: texts and whole numbers, which gaps may have made floats of."""
    return kind in {"int", *TEXTS} or (kind == "float" and bool((values.drop_nulls() % 1 == 0).all()))


def _crosses(inner: pl.Series, outer: pl.Series) -> bool:
    """Tell whether a value of one column stands beside several values of the other."""
    pairs = outer.alias(ROWS).to_frame().insert_column(0, inner.alias(VALUE)).drop_nulls().unique()
    return pairs.height > inner.drop_nulls().n_unique()


def _useless(series: pl.Series, kind: ColumnType, distinct: int) -> str | None:
    if series.null_count() == len(series):
        return "empty"
    if distinct == 1 and not series.null_count():
        return "constant"
    if kind in TEXTS and kind != "text" and distinct > max(_LEVELS, len(series) / 2):
        return "free_text"
    return None
