"""Rows dealt into folds, where a split asks for them: what is refused, what is looked for between them, who is in each.

The parts that later stages read hold all rows each: every row teaches, tunes and judges, but never the same member.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlops.errors import DataError
from mlops.ml.data import duplicates, splits
from mlops.ml.data.splits import Divided

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from mlops.ml.data.checks import Check

LEAST = 10
"""Rows of a fold; fewer tell nothing of how models vary."""


def refuse(frame: pl.DataFrame, folds: pl.Series, count: int, target: str, entity: str | None, task: str) -> None:
    """Raise one DataError that says everything wrong with folds."""
    problems, hint = [], "write fewer `folds`, or collect more rows"
    if entity is not None:
        shared, total = splits.shared(frame, folds, entity)
        if shared:
            problems.append(f"{shared:,} of {total:,} values of the entity {entity} are in more than one fold")
            hint = f"split by group: split: {{by: group, key: {entity}, folds: {count}}}"
    if frame.height < LEAST * count:
        problems.append(f"{count} folds need {LEAST * count} rows, {LEAST} each: there are {frame.height:,}")
    sizes = [int((folds == fold).sum()) for fold in range(count)]
    problems += [f"fold {fold + 1} has no rows" for fold, size in enumerate(sizes) if not size]
    if task != "regression":
        problems += _missing_classes(frame, folds, count, target)
    if problems:
        raise DataError("\n  ".join(problems), hint=hint)


def _missing_classes(frame: pl.DataFrame, folds: pl.Series, count: int, target: str) -> list[str]:
    """Say which classes are not in every fold; one with fewer rows than there are folds cannot be."""
    values = frame[target]
    classes = values.unique().sort()
    rows = {label: int((values == label).sum()) for label in classes}
    few = [label for label in classes if rows[label] < count]
    said = [f"the class {label} of {target} has fewer rows ({rows[label]:,}) than {count} folds" for label in few]
    return said + [
        f"the class {label} of {target} is missing from fold {fold + 1}"
        for fold in range(count)
        if (folds == fold).any()
        for label in classes
        if label not in few and not ((folds == fold) & (values == label)).any()
    ]


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
    ("rows of validation and test", "its rows"),
    ("rows of test", "its rows"),
    ("rows of train", "rows of other folds"),
    ("all of train", "all rows of other folds"),
)


def _badness(check: Check) -> tuple[bool, bool, int]:
    return check.blocks, not check.passed, check.failed
