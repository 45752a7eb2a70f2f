"""`mlops data diff`: how two recorded snapshots of a pipeline's data differ, in aggregates."""

from __future__ import annotations

from pathlib import Path

from mlops.documents.change_report import DataChange
from mlops.documents.data import DataReport
from mlops.errors import ConfigurationError
from mlops.files.atomic import bytes_of
from mlops.files.relative import NAME
from mlops.operations.git import commit_of, file_at
from mlops.operations.planning.data_change import compare_reports, parse_report


def diff(root: Path, before: str, after: str, base: str) -> DataChange | None:
    """Compare two reports; None where they are of the same data.

    Each is a `data.json` file, or the name of a pipeline, whose report is taken, as of the commit `base` for `before`.

    Raises:
        ConfigurationError: there is no such report.
    """
    commit = None if Path(before).is_file() else commit_of(root, base)
    return compare_reports(_read(root, before, commit), _read(root, after, None))


def _read(root: Path, what: str, commit: str | None) -> DataReport:
    path = Path(what)
    if path.is_file():
        found, place = parse_report(path.read_bytes()), what
    elif NAME.fullmatch(what):
        place = f"pipelines/{what}/reports/data.json"
        found = parse_report(bytes_of(root / place) if commit is None else file_at(root, commit, place))
        place = place if commit is None else f"{place} at {commit[:8]}"
    else:
        found, place = None, what
    if found is None:
        hint = "name a pipeline that ran, or a file data.json that the validate stage wrote"
        raise ConfigurationError(f"{place[:200]} is not a data report", hint=hint)
    return found
