"""A first guess at what the columns of a table are: types, rules that hold, and which are not to be learnt from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from mlops.blocks.column_rule import TEXTS, ColumnType
from mlops.blocks.number_form import NumberForm
from mlops.errors import ConfigurationError
from mlops.ml.data import columns, copies, folds, personal, prose
from mlops.ml.data import target as targets
from mlops.ml.data.ahead import Ahead, guess_ahead
from mlops.ml.data.codes import is_code
from mlops.ml.data.lookalikes import lookalikes
from mlops.ml.data.missing import odd_texts
from mlops.ml.data.names import ROWS, counted
from mlops.ml.data.objective import guess_task
from mlops.ml.data.parquet import ROW
from mlops.ml.data.roles import Roles, names_a_thing
from mlops.ml.data.splits import Plan
from mlops.ml.data.target import Target
from mlops.ml.data.types import Settled

_SENSITIVE = re.compile(
    r"age|age[ _-]?group|disability|ethnic(ity|[ _-]group)|gender|nationality|race|religion|sex", re.IGNORECASE
)
_PERSONAL = re.compile(
    r"(^|[ _.-])(address|birth(day|date)?|dob|e[ _-]?mail|iban|ip|latitude|longitude|mail|mobile"
    r"|name|passport|password|phone|postcode|ssn|street|surname|tax|tel|telephone|user[ _-]?name|zip)($|[ _.-])",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(^|[ _-])(percent|percentage|pct)($|[ _-])|%", re.IGNORECASE)
_COMPARED = 20_000
"""Levels at most that are held against each other."""
_LISTED = 8
_LISTED_ROWS = 5
_RANGED_ROWS = 500
"""With fewer rows the least and the greatest value say too little about the next ones."""
_LONG, _TAIL = 4.5, 9
"""A tail is long that reaches so many times as far as nine tenths of its side do, and gets so many times the room."""
_DIGITS = 2
_SMALL = 5_000
"""With fewer rows a test part says little: all of them judge, in folds."""
_RARE, _DEALT = 500, 20_000
"""So do fewer rows of the rarest class, in a table of fewer rows than that: a fifth of them chooses by luck."""
_FOLDS = 5


@dataclass(frozen=True)
class ColumnGuess:
    """What seems to hold for one column; `nulls` is the share that may be missing, None where none is."""

    name: str
    type: ColumnType
    nulls: float | None = None
    between: tuple[float | None, float | None] | None = None
    one_of: tuple[str, ...] | None = None
    unique: bool = False
    sensitive: bool = False
    number: NumberForm | None = None
    personal: bool = False
    code: bool = False
    levels: int = field(default=0, compare=False)
    """Values that a column of texts or codes has, where it is no key."""


@dataclass(frozen=True)
class Guess:
    """What seems to hold for a table and its target; `doubts` are sentences for a person."""

    rows: int
    task: targets.Task
    classes: tuple[targets.Label, ...]
    columns: tuple[ColumnGuess, ...]
    keys: tuple[str, ...] = ()
    entity: str | None = None
    exclude: tuple[tuple[str, tuple[str, ...]], ...] = ()
    personal: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What columns hold of persons, and which."""
    null_targets: int = 0
    ahead: Ahead | None = None
    """What a forecast needs, where one was asked for."""
    folds: int | None = None
    """How many folds a small table is best dealt into; None where it is large, or cannot be."""
    copies: bool = False
    """So many rows are copies of others, whole or almost, that they must stay in one part."""
    doubts: tuple[str, ...] = ()


def guess(raw: pl.DataFrame, target: str, asked: str | None = None) -> Guess:
    """Guess from a snapshot with `__row__`; `asked` is a task, a `forecasting` among them.

    Raises:
        ConfigurationError: the target fits no task, or no column is left to learn from.
    """
    roles = Roles()
    for name in (name for name in raw.columns if not columns.usable(raw, name)):
        roles.leave_out("unsupported", name)
    frame, settled, found = columns.settle(raw.drop(roles.exclude.get("unsupported", [])), {}, {})
    settled = prose.told_apart(settled, target)
    roles.doubts += [check.message for check in found if check.name in ("ambiguous", "mixed_zones")]
    for check in found:
        if check.name == "finite" and check.column not in (None, target):
            roles.leave_out("infinite", str(check.column))
    _leave_odd(settled, target, roles)
    forecast, kinds = asked == "forecasting", {name: column.type for name, column in settled.items()}
    labelled, goal, doubts = _goal(frame, settled, target, "regression" if forecast else asked)
    roles.doubts += doubts
    ahead = guess_ahead(labelled, kinds, target) if forecast else None
    roles.assign(labelled, kinds, goal, ahead)
    apart = {target, ROW, *roles.keys, *roles.personal, *(name for names in roles.exclude.values() for name in names)}
    return Guess(
        rows=frame.height,
        task=goal.task,
        classes=goal.classes,
        columns=tuple(
            _column(frame[name], column, name in roles.keys, target, hidden=name in roles.personal)
            for name, column in settled.items()
        ),
        keys=tuple(roles.keys),
        entity=roles.entity,
        exclude=tuple((reason, tuple(names)) for reason, names in sorted(roles.exclude.items())),
        personal=tuple((what, tuple(names)) for what, names in sorted(roles.by_what().items())),
        null_targets=frame.height - labelled.height,
        ahead=ahead,
        folds=None if forecast else _folds(labelled, goal, roles.entity),
        copies=not forecast
        and roles.entity is None
        and copies.many(labelled, [name for name in settled if name not in apart], target),
        doubts=tuple(roles.doubts),
    )


def _folds(frame: pl.DataFrame, goal: Target, entity: str | None) -> int | None:
    """Offer folds of a table, or a class, so small that one part would tell little, where it can be dealt into them."""
    rarest = frame.height if goal.task == "regression" else min(counted(frame[goal.name])[ROWS].to_list(), default=0)
    if frame.height >= (_DEALT if rarest < _RARE else _SMALL):
        return None
    whole = Plan(by="random" if goal.task == "regression" else "stratified", target=goal.name, task=goal.task)
    plan = whole.model_copy(update={"by": "group", "key": entity, "entity": entity} if entity else {})
    return None if folds.amiss(frame, folds.assign(frame, plan, _FOLDS), _FOLDS, goal.name, goal.task) else _FOLDS


def describe(
    raw: pl.DataFrame,
    keys: Collection[str] = (),
    target: str | None = None,
    sensitive: Collection[str] = (),
    hidden: Collection[str] = (),
) -> tuple[ColumnGuess, ...]:
    """Guess what holds for the columns of a snapshot, whatever is to be learnt.

    `keys` are never told by value, nor is what is `hidden` or holds something of persons.
    """
    kept = [name for name in raw.columns if columns.usable(raw, name)]
    frame, settled, _ = columns.settle(raw.select(kept), {}, {})
    settled = prose.told_apart(settled, target)
    kinds = {name: column.type for name, column in settled.items()}
    distinct = columns.distincts(frame)
    found = columns.identifiers(frame, [name for name in settled if name != target], kinds, distinct)
    apart = {*keys, *(str(check.column) for check in found)}
    untold = (name for name in settled if name not in sensitive and personal.found(frame[name], kinds[name]))
    hidden = {*hidden, *untold}
    return tuple(
        _column(frame[name], column, name in apart, target or "", sensitive=name in sensitive, hidden=name in hidden)
        for name, column in settled.items()
    )


def _leave_odd(settled: Mapping[str, Settled], target: str, roles: Roles) -> None:
    """Leave out what an index of pandas is, and what would be numbers but for a few texts."""
    for name, column in settled.items():
        if name != target and columns.PANDAS_INDEX.fullmatch(name):
            roles.leave_out("index", name)
            continue
        levels = column.type == "category" or (column.type in TEXTS and names_a_thing(name))
        if levels and (pair := lookalikes(column.values.drop_nulls().unique().sort().head(_COMPARED))):
            roles.doubts.append(f"two levels of `{name}` look the same, {pair[0]!a} and {pair[1]!a}")
        if column.type not in TEXTS or (name != target and names_a_thing(name)):  # an odd name is a name
            continue
        if doubt := odd_texts(column.values, show=personal.found(column.values, column.type) is None):
            roles.doubts.append(doubt)
            if column.type == "string" and name != target and not columns.names_a_row(name):
                roles.leave_out("mixed", name)


def _goal(
    frame: pl.DataFrame, settled: Mapping[str, Settled], target: str, asked: str | None
) -> tuple[pl.DataFrame, Target, list[str]]:
    """Keep the rows that have a target, brought to what its task learns; with what is doubtful about it."""
    if target not in settled:
        raise ConfigurationError(f"`{target}` is of a type that cannot be learnt", hint="choose another --target")
    labelled = frame.filter(pl.col(target).is_not_null())
    task = guess_task(labelled[target], settled[target].type, asked)
    values, kind = targets.normalised(labelled[target], settled[target].type, task)
    goal, problems = targets.settle(values, kind, task, None)
    if goal is None:
        raise ConfigurationError(problems[0].message, hint="choose another --target or --task")
    return labelled.with_columns(values), goal, [problem.message for problem in problems]


def _column(
    series: pl.Series, settled: Settled, key: bool, target: str, *, sensitive: bool = False, hidden: bool = False
) -> ColumnGuess:
    known = series.drop_nulls()
    if series.name == target or known.is_empty():
        return ColumnGuess(series.name, settled.type, number=settled.number)
    if hidden:
        nulls = _budget(series)
        return ColumnGuess(series.name, settled.type, nulls, personal=True)
    sensitive = sensitive or bool(_SENSITIVE.fullmatch(series.name))
    named = bool(_PERSONAL.search(series.name))
    if not key and settled.type == "int" and is_code(known):
        nulls = _budget(series)
        return ColumnGuess(series.name, "category", nulls, sensitive=sensitive, code=True, levels=known.n_unique())
    return ColumnGuess(
        name=series.name,
        type=settled.type,
        nulls=_budget(series),
        between=None if key or named else _between(known, settled.type, seen=not sensitive),
        one_of=None if key or named else _one_of(known, settled.type),
        unique=key and known.n_unique() == len(known),
        sensitive=sensitive,
        number=settled.number,
        levels=known.n_unique() if settled.type in ("category", "string") and not key else 0,
    )


def _budget(series: pl.Series) -> float | None:
    """Allow half as many nulls again and up to two percent more, in whole percents: a sample must pass too.

    Of few rows more: four standard errors of the difference between two samples of this size.
    """
    rows, share = len(series), series.null_count() / len(series)
    margin = 4 * math.sqrt(2 * share * (1 - share) / rows)
    return min(1.0, max(math.ceil(share * 150 + 1), math.ceil(100 * (share + margin))) / 100) if share else None


def _between(known: pl.Series, kind: str, *, seen: bool) -> tuple[float | None, float | None] | None:
    """Bound a number by its domain where that is plain: not negative, a share, a percentage.

    Elsewhere by what was `seen`, with as much room again on each side, where there are rows enough to tell; with nine
    times as much on the side of a long tail, of which another sample may reach much further.
    """
    if kind not in {"int", "float"}:
        return None
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]  # numbers, and there are some
    if low >= 0 and high <= 1:
        return (0, 1) if kind == "float" or seen else (0, None)
    if low >= 0 and high <= 100 and _PERCENT.search(known.name):
        return (0, 100)
    bounds = (0 if low >= 0 else None, None)
    if not seen or len(known) < _RANGED_ROWS or low == high:
        return bounds if low >= 0 else None
    below, above = _room(known, low, high)
    found = (0.0 if low >= 0 else _outward(low - below, math.floor), _outward(high + above, math.ceil))
    return (int(found[0]), int(found[1])) if kind == "int" else found


def _room(known: pl.Series, low: float, high: float) -> tuple[float, float]:
    """Give the room below and above, more where a tail is long."""
    first, middle, last = (float(known.quantile(share) or 0.0) for share in (0.1, 0.5, 0.9))
    long = (middle - low > _LONG * (middle - first), high - middle > _LONG * (last - middle))
    return tuple((_TAIL if tail else 1) * (high - low) for tail in long)  # type: ignore[return-value]  # two


def _outward(bound: float, towards: Callable[[float], int]) -> float:
    """Round to two digits, away from the values."""
    if bound == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(bound))) - _DIGITS + 1)
    return float(f"{towards(bound / unit) * unit:.{_DIGITS + 1}g}")


def _one_of(known: pl.Series, kind: str) -> tuple[str, ...] | None:
    """List the levels of a column that has few, each of them often."""
    if kind not in TEXTS or known.n_unique() > _LISTED:
        return None
    counts = dict(counted(known).iter_rows())
    return None if min(counts.values()) < _LISTED_ROWS else tuple(sorted(map(str, counts)))
