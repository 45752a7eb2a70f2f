"""A first guess at what the columns of a table are: types, rules that hold, and which are not to be learnt from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import polars as pl

from mlops.ml.objective import guess_task

_ID = re.compile(r"(^|.*[ _.-])(id|uuid|guid|key|index|idx)$|.*[a-z]I[dD]$|^ID$|^(row|record)[ _]?(id|no|nr|number)?$", re.IGNORECASE)
_CAMEL_ID = re.compile(r".*[a-z]I[dD]$")
_THING = re.compile(
    r"^(account|borrower|case|client|company|customer|device|employee|engine|family|firm|household|loan|machine|member|order|"
    r"participant|patient|person|policy|respondent|session|student|subject|user|vehicle|visitor)[ _.-]?(id|key|no|nr|number|uuid)$",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(
    r"^(sex|gender|race|ethnicity|ethnic group|religion|nationality|disability|marital[ _-]?status|age|age[ _-]?group)$", re.IGNORECASE
)
_PERCENT = re.compile(r"(^|[ _-])(percent|percentage|pct)($|[ _-])|%", re.IGNORECASE)
_CATEGORIES = 50
_LISTED = 8
_LISTED_ROWS = 5
_GROUPS = 20


@dataclass(frozen=True)
class ColumnGuess:
    """What seems to hold for one column; `nulls` is the share that may be missing, None where none is."""

    name: str
    type: str
    nulls: float | None = None
    between: tuple[float | None, float | None] | None = None
    one_of: tuple[str, ...] | None = None
    unique: bool = False
    sensitive: bool = False


@dataclass(frozen=True)
class Guess:
    """What seems to hold for a table and its target."""

    rows: int
    task: str
    labels: tuple[str, ...]
    columns: tuple[ColumnGuess, ...]
    keys: tuple[str, ...] = ()
    entity: str | None = None
    exclude: tuple[tuple[str, tuple[str, ...]], ...] = ()
    null_targets: int = 0

    @property
    def learnt_from(self) -> int:
        """How many columns are left to learn from."""
        out = {column for _, columns in self.exclude for column in columns} | set(self.keys)
        return len(self.columns) - 1 - len(out)


@dataclass
class _Roles:
    keys: list[str] = field(default_factory=list)
    entity: str | None = None
    exclude: dict[str, list[str]] = field(default_factory=dict)


def guess(frame: pl.DataFrame, types: dict[str, str], target: str, asked: str | None = None) -> Guess:
    """Guess from typed columns.

    Raises:
        ConfigurationError: the target fits no task.
    """
    values = frame[target].drop_nulls()
    task = guess_task(values, types[target], asked)
    labelled = frame.filter(pl.col(target).is_not_null())
    roles = _roles(labelled, types, target)
    labels = () if task == "regression" else tuple(str(label) for label in values.unique().sort())
    return Guess(
        rows=frame.height,
        task=task,
        labels=labels,
        columns=tuple(_column(labelled[name], types[name], name == target) for name in frame.columns),
        keys=tuple(roles.keys),
        entity=roles.entity,
        exclude=tuple((reason, tuple(columns)) for reason, columns in sorted(roles.exclude.items())),
        null_targets=frame.height - labelled.height,
    )


def _roles(frame: pl.DataFrame, types: dict[str, str], target: str) -> _Roles:
    """Sort out the columns that a model should not see, and the thing that rows repeat."""
    roles = _Roles()
    for name in frame.columns:
        if name == target:
            continue
        series = frame[name]
        if reason := _useless(series, types[name]):
            roles.exclude.setdefault(reason, []).append(name)
        elif is_identifier(series, types[name]):
            roles.keys.append(name)
        elif roles.entity is None and is_entity(series, types[name]):
            roles.entity = name
            roles.keys.append(name)
    return roles


def _useless(series: pl.Series, kind: str) -> str | None:
    if series.null_count() == len(series):
        return "empty"
    distinct = series.n_unique()
    if distinct == 1:
        return "constant"
    long = kind in {"string", "category"} and distinct > _CATEGORIES and distinct > len(series) / 2
    if long and not is_identifier(series, kind) and not is_entity(series, kind):
        return "free_text"
    return None


def is_identifier(series: pl.Series, kind: str) -> bool:
    """Tell a name or number of the row: one value a row, and it looks like one."""
    if kind not in {"int", "string", "category"} or series.null_count() or series.n_unique() < len(series):
        return False
    if _ID.match(series.name):
        return True
    if kind == "int":
        return bool((series.diff().drop_nulls() == 1).all())
    return not bool(series.str.contains(r"\s").any())


def is_entity(series: pl.Series, kind: str) -> bool:
    """Tell a person or thing that rows repeat: only where its name says so and there are many of them."""
    if kind not in {"int", "string", "category"} or series.null_count() or not _THING.match(series.name):
        return False
    distinct = series.n_unique()
    return distinct >= _GROUPS and 1 < len(series) / distinct <= len(series) / _GROUPS


def _column(series: pl.Series, kind: str, target: bool) -> ColumnGuess:
    known = series.drop_nulls()
    if target:
        return ColumnGuess(series.name, kind)
    if known.is_empty():
        return ColumnGuess(series.name, kind, nulls=1.0)
    return ColumnGuess(
        name=series.name,
        type=kind,
        nulls=_budget(series.null_count() / len(series)),
        between=_between(known, kind),
        one_of=_one_of(known, kind),
        unique=is_identifier(series, kind),
        sensitive=bool(_SENSITIVE.match(series.name)),
    )


def _budget(share: float) -> float | None:
    """Allow half as many nulls again, rounded up to a percent."""
    return min(1.0, math.ceil(share * 150) / 100) if share else None


def _between(known: pl.Series, kind: str) -> tuple[float | None, float | None] | None:
    """Bound a number only where its domain is plain: not negative, a share, a percentage."""
    if kind not in {"int", "float"}:
        return None
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]  # numbers, and there are some
    if low < 0:
        return None
    if kind == "float" and high <= 1:
        return (0, 1)
    if high <= 100 and _PERCENT.search(known.name):
        return (0, 100)
    return (0, None)


def _one_of(known: pl.Series, kind: str) -> tuple[str, ...] | None:
    """List the levels of a column that has few, each of them often."""
    if kind not in {"string", "category"} or known.n_unique() > _LISTED:
        return None
    counts = known.value_counts()
    if int(counts["count"].min() or 0) < _LISTED_ROWS:  # type: ignore[arg-type]  # counts are integers
        return None
    return tuple(sorted(str(level) for level in counts[known.name]))
