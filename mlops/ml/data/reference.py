"""Hold a table against a reference: the profiles that `reports/data.json` of an accepted snapshot recorded.

The reference is a file of the pipeline's folder, a copy of such a report: it changes by a pull request and never by
itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.data_limit import DriftLimits
from mlops.documents.data import DataReport
from mlops.errors import ConfigurationError, IntegrityError
from mlops.files.canonical import digest
from mlops.files.dvc_cache import own_bytes
from mlops.ml.data import profile
from mlops.ml.data.checks import Check, failure

if TYPE_CHECKING:
    import polars as pl

Statistics = dict[str, dict[str, float]]


def hold(
    frame: pl.DataFrame, column_types: Mapping[str, ColumnType], limits: DriftLimits, folder: Path
) -> tuple[list[Check], Statistics]:
    """Compare the columns of a frame with the reference; too few rows or values, or nothing to compare, is a failure.

    Raises:
        ConfigurationError: there is no such reference.
        IntegrityError: the reference is not the file that was declared, or not what DVC recorded.
    """
    own_bytes(folder / limits.reference)
    recorded = read(folder / limits.reference, limits.sha256)
    rows, severity = min(frame.height, recorded.rows or 0), limits.severity
    if rows < limits.minimum_rows:
        words = f"drift cannot be told from chance on {rows:,} rows; at least {limits.minimum_rows:,} are needed"
        return [failure("drift", None, words, severity=severity)], {}
    known = {column.name: column.profile for column in recorded.columns}
    checks, statistics = [], {}
    for name in frame.columns:
        found, values = {}, None
        if before := known.get(name):
            values = min(before.rows, frame[name].count())
            found = profile.compare(before, frame[name], column_types[name]) if values >= limits.minimum_rows else {}
        statistics[name] = found
        checks.append(_check(name, found, limits, values))
    return checks, statistics


def read(path: Path, sha256: str | None) -> DataReport:
    """Read a recorded report and check its digest."""
    if not path.is_file():
        hint = f"copy an accepted report there: cp reports/data.json {path.name}"
        raise ConfigurationError(f"there is no reference `{path.name}` in pipelines/{path.parent.name}", hint=hint)
    content = path.read_bytes()
    if sha256 is not None and (found := digest(content)) != sha256:
        hint = "restore the file, or, if the change is meant, write this digest in `drift.sha256`"
        raise IntegrityError(f"the reference {path.name} is not the one declared: its digest is {found}", hint=hint)
    with suppress(ValueError):
        report = DataReport.parse(content)
        if report.rows is not None:
            return report
    raise ConfigurationError(f"{path.name} is no data report", hint="copy reports/data.json of an accepted snapshot")


def _check(name: str, found: Mapping[str, float], limits: DriftLimits, values: int | None) -> Check:
    """Judge a column by its statistics; `values` is the number on the side that has fewer, None without a profile."""
    over = []
    for statistic, most in sorted(limits.at_most.items()):
        if statistic in found and not (math.isfinite(found[statistic]) and found[statistic] <= most):
            over.append(f"{statistic} {found[statistic]:.3g} over {most:g}")
    if over:
        words = f"`{name}` has moved from the reference: {', '.join(over)}"
        return failure("drift", name, words, severity=limits.severity, failed=len(over), total=len(limits.at_most))
    if not set(found) & set(limits.at_most):
        words = f"the reference says nothing about `{name}` that its drift could be told by"
        if values is not None and values < limits.minimum_rows:
            words = (
                f"drift of `{name}` cannot be told from chance on {values:,} values; "
                f"at least {limits.minimum_rows:,} are needed, or leave it out of `drift.columns`"
            )
        asked = limits.columns is not None  # a column somebody named must be told about; a constant one has no profile
        return failure("drift", name, words, severity=limits.severity if asked else "warn")
    return Check("drift", name, limits.severity, 0, len(limits.at_most))
