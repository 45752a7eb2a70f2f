"""How far a candidate's training is: a bar on a terminal, a line every few seconds anywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlops.ml.training.session import Epoch

    Move = Callable[[Epoch], None]

SECONDS = 5.0  # from one line to the next, and to the first: what takes less needs none


@contextmanager
def bar(name: str, epochs: int, metric: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Move]:
    """Give a function that is told each epoch of candidate `name`, on stderr."""
    if not sys.stderr.isatty():
        yield _lines(name, epochs, metric, clock)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=epochs, note="")

        def move(epoch: Epoch) -> None:
            note = f"epoch {epoch.number} · {_measured(epoch, metric)}"
            progress.update(task, completed=epoch.number, note=note)

        yield move


def _lines(name: str, epochs: int, metric: str, clock: Callable[[], float]) -> Move:
    said = clock()

    def move(epoch: Epoch) -> None:
        nonlocal said
        if (now := clock()) - said >= SECONDS:
            said = now
            text = f"{name}: epoch {epoch.number} of {epochs} · {_measured(epoch, metric)}"
            print(f"train: {text}", file=sys.stderr, flush=True)

    return move


def _measured(epoch: Epoch, metric: str) -> str:
    return f"{metric} {epoch.metric:.4f} · loss {epoch.validation_loss:.4f}"
