"""Which rows taught the model that is released: counts by part, and the time that they span where time divides them."""

from __future__ import annotations

from mlops.documents.split import JUDGED, PartReport, SplitReport
from mlops.documents.training import TrainingReport


def taught(training: TrainingReport, split: SplitReport) -> str:
    """Say it without a full stop; nothing where it is not known.

    >>> taught(TrainingReport(learnt={"train": 1200}), SplitReport())
    'The released model learnt from 1,200 rows of train'
    >>> taught(TrainingReport(learnt={"train": 420}), SplitReport(folds=5)).partition(";")[0]
    'Each of 5 members learnt from 3 folds, and one more stopped it'
    """
    if not training.learnt:
        return ""
    if split.folds is not None:
        return f"Each of {split.folds} members learnt from {split.folds - 2} folds, and one more stopped it; {JUDGED}"
    counts = [f"{rows:,}{'' if at else ' rows'} of {part}" for at, (part, rows) in enumerate(training.learnt.items())]
    said = f"The released model learnt from {' and '.join(counts)}{_span(split, tuple(training.learnt))}"
    return f"{said}; figures on validation are of the candidate before that" if len(counts) > 1 else said


def _span(split: SplitReport, names: tuple[str, ...]) -> str:
    parts = [split.parts.get(name, PartReport()) for name in names]
    first = [part.first for part in parts if part.first is not None]
    last = [part.last for part in parts if part.last is not None]
    return f", {first[0]} to {last[-1]} of {split.key}" if first and last else ""
