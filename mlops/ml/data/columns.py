"""What a table's columns are: their names checked, their types settled, their role, their summary."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from mlops.blocks.column_rule import TEXTS, ColumnRule, ColumnType, Severity
from mlops.blocks.number_form import NumberForm
from mlops.diagnostics import nearest
from mlops.documents.data import ColumnReport, Spread
from mlops.documents.table import ColumnSchema, Role
from mlops.ml.data import distinct_values, misfits, moments, types
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.missing import odd_texts
from mlops.ml.data.parquet import ROW
from mlops.ml.data.target import plain

_FEW_ROWS = 50
_NEARLY_ALL = 0.95
_ID_NAME = re.compile(
    r"(?:^|[\W_])(?:id|ids|key|uuid|guid|index|idx|nr|no|number|num|row|rownames|code|unnamed(?:_\d+)?)$", re.IGNORECASE
)
PANDAS_INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls the index of a table without a name of its own, in a Parquet file."""
_CAMEL_ID = re.compile(r"[a-z](?:Id|ID|Key|No|Nr)$")


@dataclass(frozen=True)
class Written:
    """How a column of texts is written: its numbers, and the form of its dates where that is not ISO 8601."""

    number: NumberForm | None = None
    style: str | None = None

    @classmethod
    def of(cls, raw: pl.Series, settled: types.Settled) -> Written:
        """Look at a column as it stands in the file, and at what became of it."""
        dated = settled.type in ("date", "datetime") and raw.dtype == pl.String
        return cls(settled.number, moments.own_form(raw, settled.type) if dated else None)


def names_a_row(name: str) -> bool:
    """Tell whether a column is called as keys are."""
    return any(pattern.search(name) for pattern in (_ID_NAME, _CAMEL_ID, PANDAS_INDEX))


def usable(frame: pl.DataFrame, name: str) -> bool:
    """Tell whether a column is there and of a type that can be kept."""
    return name in frame.columns and types.supported(frame.schema[name])


def missing(named: Mapping[str, Collection[str]], known: Collection[str]) -> list[Check]:
    """Find names that the configuration uses, by the key that uses them, and the data lacks."""
    return [
        failure("present", name, f"`{name}`, named in `{key}`, is not a column of the data{_meant(name, known)}")
        for key, names in sorted(named.items())
        for name in sorted(set(names) - set(known))
    ]


def _meant(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return "" if near is None else f"; did you mean `{near}`?"


def undeclared(known: Sequence[str], declared: Collection[str]) -> list[Check]:
    """Find columns of the data that nothing declares."""
    return [
        failure("undeclared", name, f"`{name}` is in the data but not in `columns`, and `strict` is on")
        for name in known
        if name not in declared and name != ROW
    ]


def misplaced(known: Sequence[str], declared: Sequence[str]) -> list[Check]:
    """Find columns that do not stand in the order in which they are declared."""
    found = [name for name in known if name in set(declared)]
    wanted = [name for name in declared if name in set(found)]
    wrong = [name for name, other in zip(found, wanted, strict=True) if name != other]
    words = f"`{wrong[0]}` and {len(wrong) - 1:,} more do not stand where `columns` has them" if wrong else ""
    return [Check("ordered", None, "block", len(wrong), len(found), words)]


def settle(
    frame: pl.DataFrame,
    declared: Mapping[str, ColumnType | None],
    severity: Mapping[str, Severity],
    apart: Collection[str] = (),
    forms: Mapping[str, NumberForm | None] = MappingProxyType({}),
    public: Collection[str] = (),
) -> tuple[pl.DataFrame, dict[str, types.Settled], list[Check]]:
    """Cast every column to its declared type, or to the one that fits; a value that does not fit fails `type`.

    `forms` say how numbers of a text are written. What is read of columns `apart` is held to nothing but a type that
    somebody declared: nobody uses it. Of columns `public` values are told.
    """
    settled: dict[str, types.Settled] = {}
    checks = []
    for name in (name for name in frame.columns if name != ROW):
        if not types.supported(frame.schema[name]) and declared.get(name) != "image":
            words = f"`{name}` is of the type {frame.schema[name]}, which cannot be learnt from; exclude it"
            checks.append(failure("type", name, words, total=frame.height))
            continue
        found = settled[name] = types.settle(frame[name], declared.get(name), forms.get(name))
        level = severity.get(name, "block")
        if declared.get(name) or (found.failed and name not in apart):
            words = misfits.sentence(frame[name], found, public=name in public) if found.failed else ""
            checks.append(Check("type", name, level, found.failed, frame.height, words))
        if name not in apart:
            checks += [*_doubts(found, frame.height), *_infinite(found, frame.height, level)]
            checks += _blank(frame[name], found.type)
    typed = pl.DataFrame([frame[ROW], *(found.values for found in settled.values())])
    return typed, settled, checks


def identifiers(
    frame: pl.DataFrame, names: Sequence[str], column_types: Mapping[str, ColumnType], distinct: Mapping[str, int]
) -> list[Check]:
    """Find columns that name a row instead of describing it, and columns without any value."""
    found = []
    for name in names:
        present = frame.height - frame[name].null_count()
        words = ""
        if not present:
            words = f"`{name}` has no value at all; it is kept as a key, not learnt from"
        elif _is_identifier(frame[name], column_types[name], distinct[name], present):
            odd = odd_texts(frame[name], show=False) if column_types[name] in TEXTS else ""
            words = f"`{name}` has another value in nearly every row; it is kept as a key, not learnt from"
            words += f"; {odd}" if odd else ""
        if words:
            found.append(failure("id_column", name, words, severity="warn", failed=present or 1, total=frame.height))
    return found


def constants(names: Sequence[str], distinct: Mapping[str, int], rows: int) -> list[Check]:
    """Find columns that have the same value in every row."""
    return [
        failure("constant", name, f"`{name}` has one value in every row", severity="warn", failed=rows, total=rows)
        for name in names
        if distinct[name] == 1 and rows > 1
    ]


def distincts(frame: pl.DataFrame, unique: Collection[str] = ()) -> dict[str, int]:
    """Count the distinct values of every column, a missing value not counted; of `unique` columns no value repeats."""
    return {
        name: frame.height - frame[name].null_count() if name in unique else distinct_values.count(frame[name])
        for name in frame.columns
        if name != ROW
    }


def summary(
    frame: pl.DataFrame,
    column_types: Mapping[str, ColumnType],
    distinct: Mapping[str, int],
    public: Collection[str],
    spread: Mapping[str, Spread],
) -> tuple[ColumnReport, ...]:
    """Summarise columns for a report; the least and the greatest value are values, so only public columns show them."""
    return tuple(
        _summary(frame[name], column_types[name], distinct[name], name in public, spread.get(name)) for name in distinct
    )


def described(
    frame: pl.DataFrame,
    column_types: Mapping[str, ColumnType],
    roles: Mapping[str, Role],
    declared: Mapping[str, ColumnRule],
    written: Mapping[str, Written] = MappingProxyType({}),
) -> tuple[ColumnSchema, ...]:
    """Describe columns for schema.json, which a server holds requests against; `written` says how the file has them."""
    return tuple(
        _described(
            frame[name], column_types[name], role, declared.get(name, ColumnRule()), written.get(name, Written())
        )
        for name, role in roles.items()
    )


def _described(
    values: pl.Series, found: ColumnType, role: Role, declared: ColumnRule, written: Written
) -> ColumnSchema:
    ordered = found in ("int", "float", "date", "datetime") and not declared.personal
    told = found == "category" and role != "key"
    return ColumnSchema(
        name=values.name,
        type=found,
        role=role,
        nullable=values.null_count() > 0 or bool(declared.null_budget),
        sensitive=declared.sensitive,
        categories=tuple(values.drop_nulls().unique().sort()) if told else None,
        minimum=plain(values.min()) if ordered else None,
        maximum=plain(values.max()) if ordered else None,
        **({} if written.number is None else {"number": written.number.model_dump(exclude_defaults=True)}),
        **({} if written.style is None else {"style": written.style}),
        **({"personal": True} if declared.personal else {}),
    )


def _summary(values: pl.Series, found: ColumnType, distinct: int, public: bool, spread: Spread | None) -> ColumnReport:
    numbers = values.cast(pl.Float64) if found in ("int", "float", "bool") and distinct > 1 else None
    public = public and found != "image"
    return ColumnReport.model_validate(
        {
            "name": values.name,
            "type": found,
            "nulls": values.null_count(),
            "distinct": distinct,
            "min": plain(values.min()) if public else None,
            "max": plain(values.max()) if public else None,
            "mean": None if numbers is None else values.mean(),
            "std": None if numbers is None else numbers.std(),
            "profile": spread,
        }
    )


def _is_identifier(values: pl.Series, found: ColumnType, distinct: int, present: int) -> bool:
    if present < _FEW_ROWS:
        return False
    if found in ("string", "category"):
        return distinct >= _NEARLY_ALL * present
    known = values.drop_nulls()
    gaps = len(known) < len(values)  # which make floats of whole numbers, elsewhere
    if found != "int" and not (found == "float" and gaps and bool((known % 1 == 0).all())):
        return False
    if names_a_row(values.name):
        return distinct >= _NEARLY_ALL * present
    return distinct == present and float((known.diff().drop_nulls() == 1).mean() or 0.0) >= _NEARLY_ALL  # type: ignore[arg-type]  # a share


def _doubts(found: types.Settled, rows: int) -> list[Check]:
    """Say what could be read in another way."""
    name, checks = found.values.name, []
    if found.note:
        words = f"{found.note}: `{name}` could be read in another way; declare a `type`, or store it as 2030-12-31"
        checks.append(failure("ambiguous", name, words, severity="warn", failed=rows, total=rows))
    if found.unzoned:
        words = (
            f"{found.unzoned:,} of {rows:,} times of `{name}` have no zone and are taken as written, beside others "
            "that are moved to UTC: they may be hours apart; write all with a zone, as 2030-12-31T08:30:00+02:00"
        )
        checks.append(failure("mixed_zones", name, words, severity="warn", failed=found.unzoned, total=rows))
    return checks


def _blank(raw: pl.Series, found: ColumnType) -> list[Check]:
    """Find texts of nothing but blanks, which would be learnt from as a value; a number's or a date's fail `type`."""
    spelt = misfits.blanks(raw) if found in ("string", "category") else ()
    if not spelt:
        return []
    failed, written = int(raw.is_in(spelt).sum()), json.dumps(["", *spelt])
    words = f"{failed:,} of {len(raw):,} values of `{raw.name}` are nothing but blanks, and learnt from as a value: "
    words += f"write `nulls: {written}` under `source:` if they mean a missing one"
    return [failure("blank", raw.name, words, severity="warn", failed=failed, total=len(raw))]


def _infinite(found: types.Settled, rows: int, severity: Severity) -> list[Check]:
    failed = int(found.values.is_infinite().sum()) if found.type == "float" else 0
    if not failed:
        return []
    name = found.values.name
    words = f"{failed:,} of {rows:,} values of `{name}` are infinite"
    return [failure("finite", name, words, severity=severity, failed=failed, total=rows)]
