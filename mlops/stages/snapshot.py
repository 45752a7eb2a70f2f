"""A snapshot of the data, held against its contract; what that found, for later stages and for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.forecast import Lookback
from mlops.bundle.recipe_items import IMAGE
from mlops.documents.data import DataReport, Kept, NoiseReport, TestReport
from mlops.documents.table import Role, TableSchema
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data import (
    absences,
    checks,
    columns,
    label_noise,
    leak_search,
    profile,
    reference,
    sample,
    schema,
    table_rules,
    weights,
)
from mlops.ml.data import target as targets
from mlops.ml.data.checks import Check
from mlops.ml.data.contract import Contract
from mlops.ml.data.joining import Joined
from mlops.ml.data.lookback import look_back
from mlops.ml.data.official_test import OfficialTest
from mlops.ml.data.parquet import ROW
from mlops.ml.data.sample import Sample
from mlops.ml.data.target import Target
from mlops.ml.data.types import Settled
from mlops.stages import computed, data_parts, named_columns


class Snapshot:
    """A snapshot on its way through the checks; `checks` grows, `frame` becomes what the next stage reads."""

    def __init__(
        self,
        raw: pl.DataFrame,
        params: Contract,
        folder: Path = Path(),
        joined: Sequence[Joined] = (),
        test: OfficialTest | None = None,
    ) -> None:
        self.params = params
        self.folder = folder
        self.frame = raw
        self.before: pl.DataFrame | None = None  # the rows as they were read, where no column got another type
        self.header = tuple(name for name in raw.columns if name != ROW)
        self.joined = tuple(joined)
        self.test = test
        self.checks = computed.matched(joined)
        self.types: dict[str, ColumnType] = {}
        self.written: dict[str, columns.Written] = {}
        self.distinct: dict[str, int] = {}
        self.target: Target | None = None
        self.features: tuple[str, ...] = ()
        self.noise: NoiseReport | None = None
        self.drift: dict[str, dict[str, float]] = {}
        self.kept_of: int | None = None
        self.drawn: Sample | None = None

    def examine(self) -> None:
        """Go through the checks in order; each sees what the ones before it left."""
        self.hold()
        self._find_target()
        self._look_back()
        self._drop()
        self._find_features()
        self._check_drift()
        self._check_leakage()
        self._estimate_noise()

    def hold(self) -> None:
        """Hold names, types and rules against the table: the checks that somebody wrote down."""
        self.checks += named_columns.hold(self.header, self.frame.columns, self.params)
        settled = self._cast()
        self._derive()
        self._filter()
        self._check_rules(settled)
        self._check_table()

    def _cast(self) -> dict[str, Settled]:
        needless = [name for name in self.params.exclude if not columns.usable(self.frame, name)]
        declared: dict[str, ColumnType | None] = {name: rule.type for name, rule in self.params.columns.items()}
        declared |= dict.fromkeys(self.params.images, IMAGE)
        forms = {name: rule.number for name, rule in self.params.columns.items()}
        severity = {name: rule.severity for name, rule in self.params.columns.items()}
        read = computed.computed_from(self.params) | computed.asked_by(self.params.where)
        apart = {*self.params.exclude} - {self.params.target, *read}
        public = {name for name, rule in self.params.columns.items() if rule.public and not rule.personal}
        raw = self.frame.drop(needless, strict=False)
        self.frame, settled, found = columns.settle(raw, declared, severity, apart, forms, public)
        self.before = raw if self.frame.schema == raw.schema and not needless else None
        self.checks += found
        self.written = {name: columns.Written.of(raw[name], column) for name, column in settled.items()}
        self.types = {name: column.type for name, column in settled.items()}
        return settled

    def _derive(self) -> None:
        read = computed.computed_from(self.params)
        if any(check.name == "present" and check.column in read for check in self.checks):
            return
        try:
            self.frame, self.types = computed.derived(self.frame, self.types, self.params)
        except ConfigurationError as error:
            self.checks.append(checks.refused("derive", error))

    def _filter(self) -> None:
        """Keep the rows that the pipeline is about."""
        asked, total = self.params.where, self.frame.height
        if asked is None or any(check.name in ("derive", "present") and check.blocks for check in self.checks):
            return
        try:
            self.frame, found = computed.kept(self.frame, self.types, asked)
        except ConfigurationError as error:
            self.checks.append(checks.refused("where", error))
            return
        self.kept_of = None if found.blocks else total
        self.checks.append(found)

    def _check_rules(self, settled: dict[str, Settled]) -> None:
        settled = {name: replace(each, values=self.frame[name]) for name, each in settled.items()}
        derived = {name: Settled(found, self.frame[name]) for name, found in self.types.items() if name not in settled}
        together = [names for names in self.params.unique if set(names) <= set(self.types)]
        height = self.frame.height
        try:
            rules = schema.rules_of(height, self.params.columns, settled | derived, together, self.params.rows)
        except ConfigurationError as error:
            self.checks.append(checks.refused("rule", error))
            return
        pairs = [rule for rule in self.params.pairs if {rule.left, rule.right} <= set(self.types)]
        try:
            self.checks += schema.check(self.frame, [*rules, *(table_rules.pair(rule, height) for rule in pairs)])
        except pl.exceptions.PolarsError as error:
            words = "two columns of a pair cannot be compared; give them the same `type`"
            raise ConfigurationError(words, hint="check `pairs`") from error

    def _check_table(self) -> None:
        known, root, name = set(self.types), self.folder.parent.parent, self.folder.name
        for rule in self.params.freshness:
            if rule.column in known:
                self._ask(partial(table_rules.fresh, self.frame, rule))
        for own in self.params.checks:
            if set(own.columns) <= known:
                self._ask(partial(table_rules.own, self.frame, own, root, name))

    def _ask(self, question: Callable[[], Check]) -> None:
        """Ask; a rule that makes no sense is one of the failures, told with the others."""
        try:
            self.checks.append(question())
        except ConfigurationError as error:
            self.checks.append(checks.refused("rule", error))

    def _find_target(self) -> None:
        name = self.params.target
        if name not in self.types:
            return
        self.checks.append(absences.of_target(self.frame[name], dropped=self.params.drop_null_target))
        if self.params.drop_null_target:
            self.frame = self.frame.filter(pl.col(name).is_not_null())
        if (entity := self.params.entity) and entity in self.types:
            budget = self.params.columns[entity].null_budget if entity in self.params.columns else None
            self.checks.append(absences.of_entity(self.frame[entity], budget))
        if (weight := self.params.weight) and weight in self.types:
            self.checks.append(weights.usable(self.frame[weight], self.types[weight]))
        values, self.types[name] = targets.normalised(self.frame[name], self.types[name], self.params.task)
        self.frame = self.frame.with_columns(values)
        self.target, found = targets.settle(values, self.types[name], self.params.task, self.params.positive)
        self.checks += found

    def _look_back(self) -> None:
        """Give rows of a forecast their past, and take from them what is not known when it is made."""
        asked, target = self.params.forecast, self.params.target
        if asked is None or any(check.blocks for check in self.checks):
            return
        try:
            seen = look_back(self.frame, target, asked)
        except (ConfigurationError, DataError) as error:
            self.checks.append(checks.refused("forecast", error))
            return
        kept = {ROW, target, *self.params.kept, *asked.features(target)}
        self.frame = seen.frame.select(name for name in seen.frame.columns if name in kept)
        self.types |= seen.types
        total = seen.frame.height + seen.short  # with several horizons, as many rows as there are of them
        words = f"{seen.short:,} of {total:,} rows have too little past, and are left out"
        self.checks.append(Check("forecast", None, "warn", 0, total, words if seen.short else ""))

    def _drop(self) -> None:
        kept = {ROW, self.params.target, *self.params.kept, *self.params.inputs}
        if self.params.include is not None:
            self.frame = self.frame.select(name for name in self.frame.columns if name in {*kept, *self.params.include})
        self.frame = self.frame.drop({*self.params.exclude, *self.params.personal} - kept, strict=False)
        self.types = {name: self.types[name] for name in self.frame.columns if name != ROW}
        unique = [check.column for check in self.checks if check.name == "unique" and check.passed]
        self.distinct = columns.distincts(self.frame, [name for name in unique if name and name != self.params.target])

    def _find_features(self) -> None:
        apart = {name for name in self.params.inputs if not self.params.learns(name)} - {self.params.dated}
        left = [n for n in self.types if n != self.params.target and n not in self._kept and n not in apart]
        doubtful = [name for name in left if name not in (self.params.include or ())]
        # a date, and a number of the past, are another in each row; what they say of it is not its name
        doubtful = [name for name in doubtful if name not in self._past]
        found = columns.identifiers(self.frame, doubtful, self.types, self.distinct)
        identifiers = {check.column for check in found}
        self.features = tuple(name for name in left if name not in identifiers)
        self.checks += [*found, *columns.constants(self.features, self.distinct, self.frame.height)]
        if not self.features:
            self.checks.append(checks.failure("features", None, "no column is left to learn from"))

    def _check_drift(self) -> None:
        if self.params.drift is None:
            return
        limits = self.params.drift
        features = [name for name in self.features if self.types[name] != IMAGE]
        names = [name for name in features if limits.columns is None or name in limits.columns]
        for name in sorted(set(limits.columns or ()) - set(names)):
            words = f"`{name}`, named in `drift.columns`, is not a column that is learnt from"
            self.checks.append(checks.failure("drift", name, words, severity=limits.severity))
        found, self.drift = reference.hold(self.frame.select(names), self.types, limits, self.folder)
        self.checks += found

    def _check_leakage(self) -> None:
        if self.target is not None:
            self.drawn = sample.draw(self.frame)
            found = leak_search.search(self.drawn, self.target, self.types, self.features, self._past, self.params)
            self.checks += found

    def _estimate_noise(self) -> None:
        if self.target is None or self.drawn is None or any(check.blocks for check in self.checks):
            return
        kinds = {name: self.types[name] for name in self.features}
        self.noise = label_noise.estimate(self.drawn.rows, self.target, kinds, self.params.entity)
        if self.params.label_noise is not None:
            self.checks.append(label_noise.held(self.noise, self.params.label_noise, self.target.name))

    def schema(self) -> TableSchema:
        """Describe the table for the stages and the server that read it."""
        target = self.target
        if target is None:
            raise ValueError("a table whose target was refused has no schema")
        roles = {name: self._role(name) for name in self.frame.columns if name != ROW}
        described = (self.frame, self.types, roles, self.params.columns, self.written)
        others = tuple(name for name in self.header if name not in roles)
        return TableSchema(
            **({"others": others} if others else {}),
            task=target.task,
            target=target.name,
            positive=target.positive,
            classes=target.classes or None,
            columns=tuple(data_parts.pictured(each, self.params.images) for each in columns.described(*described)),
        )

    def report(self, source: str) -> DataReport:
        """Describe the table and every check for people; no value of a column that is not public."""
        public = {name for name, rule in self.params.columns.items() if rule.public}
        measured = [name for name in self.types if name in self.params.measures]
        shown = [*self.features, *([self.target.name] if self.target else []), *measured]
        spread = profile.profiles(self.frame, self.types, shown, public)
        return DataReport(
            rows=self.frame.height,
            **({"made_by": self.params.made_by} if self.params.made_by else {}),
            **({"where": Kept(rows=self.frame.height, of=self.kept_of)} if self.kept_of is not None else {}),
            **({"joined": tuple(map(data_parts.joined, self.joined))} if self.joined else {}),
            **({"test": TestReport(**asdict(self.test))} if self.test is not None else {}),
            **({"searched": searched} if (searched := data_parts.searched(self.drawn)) else {}),
            header=self.header,
            source=source,
            checks=tuple(check.record() for check in self.checks),
            columns=columns.summary(self.frame, self.types, self.distinct, public, spread),
            target=None if self.target is None else self.target.balance(self.frame[self.target.name]),
            drift=self.drift or None,
            label_noise=self.noise,
        )

    def _role(self, name: str) -> Role:
        if name in (self.params.target, self.params.weight):
            return "target" if name == self.params.target else "weight"
        if name in self.params.measures:
            return "measure"
        return "feature" if name in self.features else "key"

    @property
    def _kept(self) -> frozenset[str]:
        dated = self.params.dated
        asked = dated is not None and self.types.get(dated) in ("date", "datetime")
        return self.params.kept - {dated} if asked else self.params.kept

    @property
    def _past(self) -> frozenset[str]:
        """Columns that cannot know the target, whatever they say of it."""
        asked: Lookback | None = self.params.forecast
        return frozenset() if asked is None else frozenset({asked.date, *asked.columns(self.params.target)})
