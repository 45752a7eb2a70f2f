"""How the data of a pipeline differs: recorded aggregates against recorded ones, or against a quick look at a new file.

No value of a row is ever told: rows, columns, types, shares, means in standard deviations, and the checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mlops.documents.change_report import DataChange, Drift, Share, Shift
from mlops.documents.checks import Balance
from mlops.documents.data import ColumnReport, DataReport
from mlops.files import csv_header
from mlops.files.row_text import DAMAGED, opened
from mlops.sources.source import Source

_LOOKED_AT = 64 << 20  # bytes of a file at most, after decompression: a plan is no scan
_TOLD = 10  # columns at most, those that moved most
_MOVED = 0.1  # standard deviations; less is what another sample of the same rows would show
_POINTS = 0.01  # of a share
_DRIFT = ("psi", "jensen_shannon", "ks")
_PSI = 0.1  # the usual bound of "has moved"; on fewer rows chance alone reaches it
_LEAST_ROWS = 500

Columns = Mapping[str, ColumnReport]


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
    )


def look(before: DataReport | None, path: Path, source: Source) -> DataChange:
    """Look at a new file without checking it: its lines and, in CSV, the names of its columns."""
    rows, columns = _lines(path, source)
    known = None if before is None else before.rows
    old = [] if before is None else [column.name for column in before.columns]
    return DataChange(False, known, rows, added=tuple(name for name in columns if old and name not in old))


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
