"""What happens where a batch does not fit into a device's memory: it is learnt in parts, whose gradients add up."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import torch

from mlops.errors import InfrastructureError
from mlops.ml.training import checkpoint
from mlops.ml.training.profile import unwound
from mlops.ml.training.session import complain

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.ml.training.session import Session

Fitted = TypeVar("Fitted")


def fitting(session: Session, fit: Callable[[Session], Fitted]) -> Fitted:
    """Train by `fit`; where memory does not suffice, again from the start, in twice as many micro-batches.

    So the result is what it would be, had it been asked for so many. Of processes that train together one alone cannot
    begin again: whoever began them does.

    Raises:
        InfrastructureError: two rows at a time are too many.
    """
    session = replace(session, accumulate=max(session.accumulate, checkpoint.accumulated(session.checkpoints)))
    while True:
        try:
            with unwound(session.profile):
                return fit(session)
        except torch.OutOfMemoryError:
            if session.world is not None:
                raise
        # Here nothing holds on to what was computed: an exception would.
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        session = halved(session)


def halved(session: Session) -> Session:
    """Learn in twice as many micro-batches, and say so; what was learnt in larger ones is forgotten.

    Raises:
        InfrastructureError: they would be of one row.
    """
    rows = session.options.batch_size // session.options.devices // session.accumulate
    if rows < 4:  # batch normalisation cannot learn from one row
        raise InfrastructureError(
            f"candidate {session.name}: {rows} rows at a time do not fit into memory",
            hint="make the network smaller, or train it where there is more memory",
        )
    checkpoint.forget(session.checkpoints)
    complain(f"candidate {session.name}: {rows:,} rows at a time do not fit into memory; it begins again with half")
    return replace(session, accumulate=2 * session.accumulate)
