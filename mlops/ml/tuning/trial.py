"""A trial: what is asked of whoever scores it, and what is answered; both travel between processes, and are kept."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Rungs = dict[str, float]
"""The value of a trial at each rung that it came to, by the name that Optuna's pruners give the rung."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ladder(_Value):
    """How trials of a candidate end early: the pruner, the epochs or trees at its first rung and at its last."""

    pruner: Literal["hyperband", "halving"]
    least: int
    most: int


class Question(_Value):
    """Trial `number`, from 0, of a candidate: `parameters` stand over those of the YAML."""

    candidate: str
    number: int
    parameters: dict[str, Any]
    ladder: Ladder | None = None
    higher: bool = True
    """Whether more of the metric is better."""
    earlier: tuple[Rungs, ...] = ()
    """How far each trial of the rounds before came, by number: what this one is held against while it learns."""


class Answer(_Value):
    """What became of a trial: its value of the metric on validation, and the loss that tells equals apart.

    `course` has the best value so far after each epoch or so many trees; of one that was pruned that is all.
    """

    state: Literal["complete", "pruned", "failed"]
    value: float | None = None
    loss: float | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    course: tuple[tuple[int, float], ...] = ()
    rungs: Rungs = {}
    why: str = ""
    """Why it did not come to its end."""

    def rank(self, *, higher: bool) -> tuple[float, float]:
        """Order those that are complete so that the greater is the better, as training orders candidates."""
        if self.state != "complete" or self.value is None:
            return (float("-inf"), float("-inf"))
        return (self.value if higher else -self.value, float("-inf") if self.loss is None else -self.loss)
