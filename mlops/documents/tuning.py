"""`reports/tuning.json`: what a search tried, what each trial was worth, and what training takes of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from mlops.documents.document import Document, Number, Part


class TuningTrial(Part):
    """A trial of a candidate, numbered from 1: parameters over those of the YAML, and the score on validation.

    One that was pruned has the best score that it came to, after `epochs` epochs or trees.
    """

    number: int
    candidate: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    seed: int
    state: Literal["complete", "pruned", "failed"]
    score: Number | None = None
    loss: Number | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    why: str = ""
    """Why it did not come to its end."""

    @property
    def what(self) -> str:
        """Name what it was trained with, in a line."""
        said = ", ".join(f"{key} {_spelt(value)}" for key, value in sorted(self.parameters.items()))
        return said or "as the YAML has it"


class Winner(Part):
    """What training takes for a candidate: the parameters of its best trial."""

    trial: int
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    stopped: str = ""
    """Why its search ended."""


class TuningReport(Document):
    """A search: every trial in order, and the winner of each candidate.

    `data` names the rows by digest, `space` all that says what is searched and how. No test row has a say in it.
    """

    schema_version: Literal[1] = 1
    select_by: str
    sampler: str
    pruner: str
    seed: int
    data: str
    space: str
    repeatable: bool = True
    """Whether the same search gives the same list; not where time ended it."""
    minutes: Number | None = None
    trials: tuple[TuningTrial, ...]
    best: dict[str, Winner]

    @property
    def sentence(self) -> str:
        """Say what was done, in a line."""
        counts = {state: sum(trial.state == state for trial in self.trials) for state in ("pruned", "failed")}
        few = [f"{count} {state}" for state, count in counts.items() if count]
        tuned = ", ".join(sorted(self.best))
        more = f", at most {self.minutes:g} minutes: not repeatable" if not self.repeatable else ""
        noun = "trial" if len(self.trials) == 1 else "trials"
        said = f" ({', '.join(few)})" if few else ""
        return f"{len(self.trials):,} {noun} of {tuned}{said}{more}"

    def moved(self, data: str, space: str) -> tuple[str, ...]:
        """Name what is no longer as it was when this was searched."""
        told = {"the rows": self.data != data, "what is searched": self.space != space}
        return tuple(name for name, other in told.items() if other)


def _spelt(value: JsonValue) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelt, value)) + "]"
    if value is None:
        return "null"
    return f"{value:g}" if isinstance(value, float) else str(value)
