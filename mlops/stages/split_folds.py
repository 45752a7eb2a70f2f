"""Rows dealt into folds, where a split asks for them: what is refused, what is looked for between them, who is in each.

The parts that later stages read hold all rows each: every row teaches, tunes and judges, but never the same member.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlops.errors import DataError
from mlops.ml.data import duplicates, splits
from mlops.ml.data import folds as folds_of
from mlops.ml.data.splits import Divided

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from mlops.ml.data.checks import Check


def refuse(frame: pl.DataFrame, folds: pl.Series, count: int, target: str, entity: str | None, task: str) -> None:
    """Raise one DataError that says everything wrong with folds."""
    problems, hint = [], "write fewer `folds`, or collect more rows"
    if entity is not None:
        shared, total = splits.shared(frame, folds, entity)
        if shared:
            problems.append(f"{shared:,} of {total:,} values of the entity {entity} are in more than one fold")
            hint = f"split by group: split: {{by: group, key: {entity}, folds: {count}}}"
    problems += folds_of.amiss(frame, folds, count, target, task)
    if problems:
        raise DataError("\n  ".join(problems), hint=hint)


def leaks(
    frame: pl.DataFrame, folds: pl.Series, count: int, columns: Sequence[str], find: Callable[[Divided], list[Check]]
) -> list[Check]:
    """Look between each fold and all others, as between test and train; of each check the worst fold is told."""
    copies = duplicates.across(frame, folds, columns)
    worst: dict[tuple[str, str | None], Check] = {}
    nothing = frame.clear()
    for fold in range(count):
        inside = folds == fold
        for check in find(Divided(frame.filter(~inside), nothing, frame.filter(inside))):
            known = worst.get((check.name, check.column))
            if known is None or _badness(check) > _badness(known):
                worst[check.name, check.column] = replace(check, message=_told(check.message, fold))
    return [copies if check.name == copies.name else check for check in worst.values()]


def _told(message: str, fold: int) -> str:
    """Say of a fold and the others what was said of test and train."""
    if not message:
        return ""
    for words, instead in _WORDS:
        message = message.replace(words, instead)
    return f"fold {fold + 1}: {message}"


_WORDS = (
    ("rows of validation and test", "rows of it"),
    ("rows of test", "rows of it"),
    ("rows of train", "rows of other folds"),
)


def _badness(check: Check) -> tuple[bool, bool, int]:
    return check.blocks, not check.passed, check.failed
