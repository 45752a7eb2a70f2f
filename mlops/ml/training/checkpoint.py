"""Where a half-trained candidate waits: the only file that reads or writes torch's own format.

A file starts with the SHA-256 of the rest, so that a damaged one is noticed before anything in it is used, and is
loaded as plain values and tensors: no code can hide in it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import torch
from lightning_fabric.plugins.io.checkpoint_io import CheckpointIO
from pytorch_lightning.callbacks import Checkpoint

from mlops.errors import IntegrityError
from mlops.ml.training.session import complain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytorch_lightning as pl

LAST = "last.ckpt"
_PAUSE = 1.0  # seconds
State = dict[str, Any]
"""Plain values and tensors, by name: what torch writes."""


class _Flushed:
    """When a file was last flushed to the disk: once a second at most, since it takes longer than a small epoch.

    After a power cut the digest tells what did not come there.
    """

    def __init__(self) -> None:
        self.at = -_PAUSE

    def due(self, now: float) -> bool:
        """Say whether it is time to, and that it is done."""
        due = now - self.at >= _PAUSE
        self.at = now if due else self.at
        return due


_FLUSHED = _Flushed()


def write(path: Path, state: State) -> None:
    """Write plain values and tensors in one step: a reader finds the old file or the new one."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        file.write(hashlib.sha256(payload).digest() + payload)
        file.flush()
        if _FLUSHED.due(time.monotonic()):
            os.fsync(file.fileno())
    temporary.replace(path)


def read(path: Path) -> State:
    """Read what `write` wrote; raises IntegrityError on anything else."""
    data = path.read_bytes()
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        raise IntegrityError(f"the checkpoint {path.name} is damaged")
    state: State = torch.load(io.BytesIO(data[32:]), map_location="cpu", weights_only=True)
    return state


def resumable(folder: Path | None) -> Path | None:
    """Find the checkpoint of an interrupted run; throw a damaged one away and say so."""
    path = folder / LAST if folder else None
    if path is None or not path.exists():
        return None
    try:
        read(path)
    except Exception as error:  # torch names no common class for what it refuses to load
        complain(f"discarded a checkpoint that cannot be read ({type(error).__name__}): training starts again")
        path.unlink(missing_ok=True)
        return None
    return path


def accumulated(folder: Path | None) -> int:
    """Say in how many micro-batches an interrupted run learnt; 1 where none was."""
    path = resumable(folder)
    states = () if path is None else read(path)["callbacks"].values()
    return max((int(state.get("accumulate", 1)) for state in states), default=1)


def forget(folder: Path | None) -> None:
    """Throw the checkpoint of an interrupted run away: what follows is another run."""
    if folder:
        (folder / LAST).unlink(missing_ok=True)


def clear(folder: Path | None) -> None:
    """Forget the checkpoints of a finished run."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


class SafeFiles(CheckpointIO):
    """Lightning's way to files, through `write` and `read`."""

    def save_checkpoint(self, checkpoint: State, path: Any, storage_options: Any | None = None) -> None:
        """Write a checkpoint."""
        write(path, checkpoint)

    def load_checkpoint(
        self, path: Any, map_location: Callable[..., Any] | None = None, weights_only: bool | None = None
    ) -> State:
        """Read a checkpoint, always as plain values."""
        return read(path)

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a checkpoint."""
        path.unlink(missing_ok=True)


class EveryEpoch(Checkpoint):
    """Save all that the next epoch depends on, after each epoch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Replace the checkpoint, unless the run could not be continued exactly from it."""
        # Lightning steps plateau schedulers after this hook: resumed, they would have missed one step.
        if any(config.reduce_on_plateau for config in trainer.lr_scheduler_configs):
            return
        trainer.save_checkpoint(self.folder / LAST)
