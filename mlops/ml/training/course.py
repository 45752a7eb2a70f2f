"""How boosted trees fare on validation while they grow, and where growing ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops.ml.training.problem import Examples, Task, loss
from mlops.ml.training.profile import phase
from mlops.ml.training.session import Epoch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.session import Session

STEP = 10  # boosted trees are judged on validation each time this many were added
PATIENCE = 100  # trees without one judgement better than the best before


@dataclass
class Course:
    """What was judged so far, of up to `most` trees; ties go to fewer."""

    task: Task
    examples: Examples
    session: Session
    most: int
    history: list[Epoch] = field(default_factory=list)
    best: Epoch | None = None

    def due(self, trees: int) -> bool:
        """Whether so many trees are to be judged."""
        return trees % STEP == 0 or trees == self.most

    def judged(self, trees: int, score: NDArray[Any]) -> None:
        """Judge the scores of the validation rows, [n] or [n, classes] in the graph's units."""
        y, by, judge = self.examples.validation_y, self.examples.validation_w, self.session.judge
        with phase(self.session.profile, "validation"):
            epoch = Epoch(trees, loss(self.task, y, score, by), judge.value(y, score, by))
        self.history.append(epoch)
        self.session.observe(epoch)
        if self.best is None or self._rank(epoch) > self._rank(self.best):
            self.best = epoch

    @property
    def over(self) -> bool:
        """Whether nothing was better for so long that growing ends."""
        return self.best is not None and self.history[-1].number - self.best.number >= PATIENCE

    @property
    def kept(self) -> int | None:
        """How many trees do best; None before the first judgement."""
        return None if self.best is None else self.best.number

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        return self.session.judge.rank(epoch.metric, epoch.validation_loss)
