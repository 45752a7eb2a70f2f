"""How the data of a pipeline differs: recorded aggregates against recorded ones, or against a quick look at a new file.

No value of a row is ever told: rows, columns, types, shares, means in standard deviations, and the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlops.documents.change_report import DataChange, Drift, Share, Shift, TableChange
from mlops.documents.checks import Balance
from mlops.documents.data import ColumnReport, DataReport
from mlops.files import csv_header
from mlops.files.row_text import DAMAGED, opened
from mlops.sources.source import Source

if TYPE_CHECKING:
    from mlops.configuration.data import Data

_LOOKED_AT = 64 << 20  # bytes of a file at most, after decompression: a plan is no scan
_TOLD = 10  # columns at most, those that moved most
_MOVED = 0.1  # standard deviations; less is what another sample of the same rows would show
_POINTS = 0.01  # of a share
_DRIFT = ("psi", "jensen_shannon", "ks")
_PSI = 0.1  # the usual bound of "has moved"; on fewer rows chance alone reaches it
_LEAST_ROWS = 500

Columns = Mapping[str, ColumnReport]


class Table(NamedTuple):
    """A table beside the rows, as people are told of it."""

    name: str
    source: Source
    path: Path


def parse_report(data: bytes | None) -> DataReport | None:
    """Read `reports/data.json`; None where it is absent or not one."""
    try:
        report = DataReport.parse(data or b"")
    except ValueError:
        return None
    return report if report.columns and report.rows is not None else None


def compare_reports(before: DataReport, after: DataReport) -> DataChange | None:
    """Compare two recorded reports; None where they are of the same data."""
    if before.source == after.source:
        return None
    old, new = ({column.name: column for column in report.columns} for report in (before, after))
    both = [name for name in old if name in new]
    return DataChange(
        recorded=True,
        rows_before=before.rows,
        rows_after=after.rows,
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        retyped=tuple(
            f"{name}: {old[name].type} → {new[name].type}" for name in both if old[name].type != new[name].type
        ),
        nulls=tuple(_nulls(before, after, old, new, both)),
        classes=tuple(_classes(before, after)),
        shifts=tuple(sorted(_shifts(old, new, both), key=lambda shift: -abs(shift.deviations))[:_TOLD]),
        checks=tuple(_checks(before, after)),
        drift=tuple(_drift(before, after, old, new, both)),
        tables=tuple(_tables(before, after)),
    )


def look(
    before: DataReport | None, path: Path, source: Source, tables: Sequence[Table] = (), *, moved: bool = True
) -> DataChange:
    """Look at new files without checking them: their lines and, in CSV, the names of their columns.

    `tables` are those beside the rows whose files moved; where those of the rows did not (`moved`), they are as before.
    """
    known = None if before is None else before.rows
    rows, columns = _lines(path, source) if moved else (known, ())
    old = [] if before is None else [column.name for column in before.columns]
    added = tuple(name for name in columns if old and name not in old)
    recorded = {} if before is None else _recorded(before)
    changes = tuple(_looked(table, recorded.get(table.name, _Recorded())) for table in tables)
    return DataChange(False, known, rows, added=added, tables=changes)


def tables(data: Data, folder: Path) -> tuple[Table, ...]:
    """List the tables beside the rows: those that are joined, and the test set."""
    joined = [joined.source for joined in data.join]
    names = _numbered(f"table {source.label}" for source in joined)
    found = [(name, source) for name, source in zip(names, joined, strict=True)]
    found += [] if data.test is None else [(f"test set {data.test.label}", data.test)]
    return tuple(Table(name, source, folder / source.path) for name, source in found)


def _looked(table: Table, before: _Recorded) -> TableChange:
    rows, columns = _lines(table.path, table.source)
    removed = tuple(name for name in before.columns if columns and name not in columns)
    return TableChange(table.name, before.rows, rows, removed=removed)


def _tables(before: DataReport, after: DataReport) -> Iterator[TableChange]:
    """Compare the tables beside the rows, by their names; one of which only the place of its rows moved is told too."""
    old, new = _recorded(before), _recorded(after)
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, _Recorded()), new.get(name, _Recorded())
        added = tuple(column for column in now.columns if column not in was.columns)
        removed = tuple(column for column in was.columns if column not in now.columns)
        if was != now:
            yield TableChange(name, was.rows, now.rows, added, removed)


class _Recorded(NamedTuple):
    """What a report says of a table beside the rows; earlier releases said nothing."""

    rows: int | None = None
    columns: tuple[str, ...] = ()
    digest: str | None = None


def _recorded(report: DataReport) -> dict[str, _Recorded]:
    names = _numbered(f"table {each.table}" for each in report.joined)
    told = [_Recorded(each.table_rows, each.columns, each.digest) for each in report.joined]
    found = dict(zip(names, told, strict=True))
    if report.test is not None:
        found[f"test set {report.test.table}"] = _Recorded(report.test.rows, digest=report.test.digest)
    return found


def _numbered(names: Iterable[str]) -> list[str]:
    """Tell tables apart that are joined more than once."""
    found: list[str] = []
    for name in names:
        known = sum(each == name or each.startswith(f"{name} (") for each in found)
        found.append(f"{name} ({known + 1})" if known else name)
    return found


def _nulls(before: DataReport, after: DataReport, old: Columns, new: Columns, both: list[str]) -> Iterator[Share]:
    for name in both:
        shares = [column[name].nulls / max(1, report.rows or 0) for report, column in ((before, old), (after, new))]
        if abs(shares[1] - shares[0]) >= _POINTS:
            yield Share(name, round(shares[0], 4), round(shares[1], 4))


def _classes(before: DataReport, after: DataReport) -> Iterator[Share]:
    shares = []
    for report in (before, after):
        target = report.target or Balance()
        total = max(1, target.rows or 1)
        shares.append({str(item.label): item.rows / total for item in target.classes})
    for label in sorted({*shares[0], *shares[1]}):
        old, new = (share.get(label, 0.0) for share in shares)
        if abs(new - old) >= _POINTS:
            yield Share(label, round(old, 4), round(new, 4))


def _shifts(old: Columns, new: Columns, both: list[str]) -> Iterator[Shift]:
    for name in both:
        mean, spread, now = old[name].mean, old[name].std, new[name].mean
        if mean is None or now is None or not spread:
            continue
        moved = (now - mean) / spread
        if abs(moved) >= _MOVED:
            yield Shift(name, round(moved, 3))


def _drift(before: DataReport, after: DataReport, old: Columns, new: Columns, both: list[str]) -> list[Drift]:
    """Compare recorded profiles; those that moved, most first."""
    spreads = [(name, old[name].profile, new[name].profile) for name in both]
    profiled = [(name, was, now) for name, was, now in spreads if was is not None and now is not None]
    if not profiled or min(before.rows or 0, after.rows or 0) < _LEAST_ROWS:
        return []
    from mlops.ml.data import profile  # Polars takes a moment to import: only for a change of data

    found = []
    for name, was, now in profiled:
        moved = profile.between(was, now)
        if moved and moved.get("psi", 0.0) >= _PSI:
            found.append(Drift(name, **{key: float(f"{moved[key]:.3g}") for key in _DRIFT if key in moved}))
    return sorted(found, key=lambda drift: (-drift.psi, drift.column))[:_TOLD]


def _checks(before: DataReport, after: DataReport) -> Iterator[str]:
    passed = {(check.name, check.column): check.passed for check in before.checks}
    for check in after.checks:
        was = passed.get((check.name, check.column))
        if was != check.passed:
            named = check.name + (f" of {check.column}" if check.column else "")
            words = {True: "passed", False: "failed", None: "new"}
            failed = "" if check.passed else f" ({check.failed:,} of {check.total:,})"
            yield f"{named}: {words[was]} → {words[check.passed]}{failed}"


def _lines(path: Path, source: Source) -> tuple[int | None, tuple[str, ...]]:
    if source.kind != "csv" or path.suffix not in (".csv", ".tsv", ".txt", ".gz"):
        return None, ()
    columns = csv_header.header(path, source.dialect, ()) if source.header else ()
    try:
        with opened(path) as file:
            data = file.read(_LOOKED_AT + 1)
    except (OSError, *DAMAGED):
        return None, ()
    if len(data) > _LOOKED_AT:
        return None, columns
    lines = sum(bool(line.strip()) for line in data.splitlines())
    return max(0, lines - source.header), columns
