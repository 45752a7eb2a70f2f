"""The rows of a recorded run held against the same made again, and what the committed reports say of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.diagnostics import visible
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.judging.agreement import first_difference
from mlops.operations.judging.replay import Replay

if TYPE_CHECKING:
    import polars as pl

TABLES = {"ingest": "artifacts/raw.parquet", "validate": "artifacts/valid.parquet", "split": "artifacts/split"}
"""The stages that make rows, in their order, and the table of each."""
REPORTS = ("data.json", "split.json")
"""What is said of the rows, and is committed."""
_PARTS = ("train", "validation", "test")
_FOLDS = "folds.parquet"


def other_tables(replay: Replay) -> Iterator[str]:
    """Say which tables are not what the lock names."""
    for stage, path in TABLES.items():
        if not same_table(replay, stage):
            yield f"{path} has other rows than dvc.lock names"


def same_table(replay: Replay, stage: str) -> bool:
    """Whether a stage made the rows that the lock names; another release of a library may spell them otherwise."""
    made = replay.again.place / TABLES[stage]
    if md5_tree(made) == replay.locked[stage].outputs.get(TABLES[stage]):
        return True
    here = replay.kept(stage, TABLES[stage])
    return here is not None and _same_rows(made, here)


def _same_rows(made: Path, here: Path) -> bool:
    import polars as pl

    names = [""] if made.is_file() else [f"{part}.parquet" for part in _PARTS]
    if any((folder / _FOLDS).is_file() for folder in (made, here)):
        names.append(_FOLDS)
    try:
        return all(pl.read_parquet(made / name).equals(pl.read_parquet(here / name)) for name in names)
    except (OSError, pl.exceptions.PolarsError):
        return False


def other_counts(made: Path, theirs: Path, table: str) -> Iterator[str]:
    """Say of each file of a table how many rows the base's code makes and how many the change's, where they differ.

    `made` is the run made again, and `theirs` where the table of the change lies.
    """
    import polars as pl

    names = [""] if theirs.is_file() else [f"{part}.parquet" for part in _PARTS]
    for name in names:
        shown = f"{table}/{name}".rstrip("/")
        try:
            ours, others = pl.read_parquet(made / table / name), pl.read_parquet(theirs / name)
        except (OSError, pl.exceptions.PolarsError):
            yield f"{shown} cannot be compared with the rows of the base's code"
            continue
        if not ours.equals(others):
            more = _among(ours, others)
            yield f"{shown}: rows of the base's code: {ours.height:,}; of the change's: {others.height:,}{more}"


def _among(ours: pl.DataFrame, others: pl.DataFrame) -> str:
    import polars as pl

    if ours.schema != others.schema:
        return ", of other columns"
    try:
        new = others.join(ours, on=ours.columns, how="anti", nulls_equal=True).height
    except pl.exceptions.PolarsError:  # a column of a kind that nothing is joined by
        return ""
    return f", {new:,} of which the base's has not" if new else ", all of which the base's has too"


def other_reports(replay: Replay) -> Iterator[str]:
    """Say which committed reports about the rows say something else than the same made again."""
    for name in REPORTS:
        yield from other_report(replay, name, document(replay.again.place / "reports" / name))


def other_report(replay: Replay, name: str, made: Any) -> Iterator[str]:
    """Say where a committed report says something else than another that was made of the same."""
    checks = (replay.recorded.sections().get("validate") or {}).get("checks") or ()
    own = frozenset(str(check.get("use", "")).partition(":")[2] for check in checks)
    ours = document(replay.recorded.place / "reports" / name)
    if place := first_difference(_comparable(ours, own), _comparable(made, own)):
        yield f"reports/{name} says something else at {visible(place)}"


def document(path: Path) -> Any:
    """Read a JSON file that somebody else wrote; None where it is none."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _comparable(document: Any, own: frozenset[str]) -> Any:
    """Leave out what own code said, which is not run here, and the digest of a file that may be spelt otherwise."""
    if not isinstance(document, dict):
        return document
    left = {key: value for key, value in document.items() if key != "source"}
    if isinstance(checks := left.get("checks"), list):
        left["checks"] = [one for one in checks if not (isinstance(one, dict) and one.get("name") in own)]
    return left
