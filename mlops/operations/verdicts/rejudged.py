"""What judging a pipeline once more says: two verdicts on the same predictions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops.operations.verdicts.cost import Cost
from mlops.operations.verdicts.gate import Verdict
from mlops.verdict import BADNESS

if TYPE_CHECKING:
    from mlops.documents.figures import Figures
    from mlops.verdict import Verdict as Said

GATE_CHANGE = "gate-change"


@dataclass(frozen=True)
class Rejudged:
    """Two verdicts on the same predictions; `before` is None where the base has the same gate, or none."""

    base: str
    now: Verdict
    before: Verdict | None
    loosened: tuple[str, ...]
    models: Figures = field(default_factory=dict)
    """The metrics of candidate and champion on the rows that were compared; empty where nothing was."""
    cost: Cost | None = None
    """What judging it took; None where the one who asked knows."""
    framework: tuple[str, ...] = ()
    """The files of the program that the change moves, where its rows are those that its own version makes."""
    otherwise: tuple[str, ...] = ()
    """How those rows differ from the ones that the code that judges makes."""

    @property
    def verdict(self) -> Said:
        """The worse of the two."""
        verdicts = [self.now.verdict, *([self.before.verdict] if self.before else [])]
        return max(verdicts, key=BADNESS.index)

    @property
    def labels(self) -> tuple[str, ...]:
        """What a reviewer must see first."""
        return (GATE_CHANGE,) if self.before or self.loosened else ()

    @property
    def whole(self) -> Verdict:
        """The verdict that holds, with the rules it comes from."""
        if self.before is None or BADNESS.index(self.now.verdict) >= BADNESS.index(self.before.verdict):
            return Verdict(self.now.pipeline, self.verdict, self.now.rules, self.now.champion)
        return self.before
