"""The generators of random numbers, and torch's deterministic mode."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


def seed_everything(seed: int) -> None:
    """Set the generators of Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@contextmanager
def reproducible(threads: int) -> Iterator[None]:
    """Let torch use only deterministic algorithms and `threads` threads inside the block."""
    before = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    flags: Any = torch.utils.deterministic
    fill = flags.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    flags.fill_uninitialized_memory = False  # costs time, and nothing here reads memory it has not written
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        flags.fill_uninitialized_memory = fill
        torch.set_num_threads(before[1])
