"""What a process that trains with others says: each epoch, and how it ended; one checkout writes and reads it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.documents.document import Part


class RankEpoch(Part):
    """An epoch as the first process judged it; what is no number is none."""

    number: int
    validation_loss: float | None
    metric: float | None
    train_loss: float | None = None


class RankSaid(Part):
    """One line of a process: an epoch, or its end.

    `killed`: without a word, which whoever began it notes; `memory`: a batch did not fit; `broken`: another process was
    gone; `refused`: an error of ours, by its exit code; `failed`: any other.
    """

    epoch: RankEpoch | None = None
    end: Literal["done", "killed", "memory", "broken", "refused", "failed"] | None = None
    code: int = 0
    message: str = ""
    hint: str = ""
    seconds: dict[str, float] = Field(default_factory=dict)
    """What the first process spent its time on, where that is asked for."""
