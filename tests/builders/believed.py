"""A recorded run taken at its word: what the judge would come to if it made nothing again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.recompute import Recomputed


@contextmanager
def believing(root: Path, name: str, _: object = None) -> Iterator[Recomputed]:
    """Stand in for `recompute.recomputed`."""
    run = Run.here(root, name)
    yield Recomputed(run, Predictions.read(run.predictions), compared=True, seconds=0.2)
