"""A bar on a terminal while a candidate is trained; nothing anywhere else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlops.ml.training.session import Epoch


@contextmanager
def bar(name: str, epochs: int, metric: str) -> Iterator[Callable[[Epoch], None]]:
    """Give a function that moves the bar of candidate `name` to an epoch."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=epochs, note="")

        def move(epoch: Epoch) -> None:
            note = f"epoch {epoch.number} · {metric} {epoch.metric:.4f} · loss {epoch.validation_loss:.4f}"
            progress.update(task, completed=epoch.number, note=note)

        yield move
