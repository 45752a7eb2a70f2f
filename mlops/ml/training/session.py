"""How one candidate is trained and judged: options, the judge, and what is recorded after each epoch."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlops.blocks.trainer import Trainer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.problem import Examples
    from mlops.ml.training.profile import Profile
    from mlops.ml.training.world import World


@dataclass(frozen=True)
class Judge:
    """The metric on validation rows that picks epochs and candidates; `compute(y, score)` may be NaN."""

    metric: str
    higher_is_better: bool
    compute: Callable[..., float]

    def value(self, y: NDArray[Any], score: NDArray[Any], weights: NDArray[Any] | None = None) -> float:
        """Measure scores, rows by their weights where they have any; `compute` takes these as a third argument."""
        return self.compute(y, score) if weights is None else self.compute(y, score, weights)

    def rank(self, metric: float, loss: float) -> tuple[float, float]:
        """Order results so that the greater is the better; equal metrics are told apart by loss, NaN is last."""
        signed = metric if self.higher_is_better else -metric
        return (float("-inf") if math.isnan(signed) else signed, -loss)


@dataclass(frozen=True)
class Epoch:
    """What the pass number `number`, from 1, over the training rows (or so many boosted trees) led to."""

    number: int
    validation_loss: float
    metric: float
    train_loss: float | None = None

    def measures(self, metric: str) -> dict[str, float]:
        """Name the numbers for logs and plots, leaving out what is not finite."""
        values = {
            "train_loss": self.train_loss,
            "validation_loss": self.validation_loss,
            f"validation_{metric}": self.metric,
        }
        return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}


def _ignore(_: Epoch) -> None: ...


def complain(text: str) -> None:
    """Tell a person of something that went wrong but does not change the result, on stderr."""
    print(f"warning: {text}", file=sys.stderr)


@dataclass(frozen=True)
class Session:
    """One candidate's training: its name, its seed, the judge, and the folder for its checkpoints (None: none).

    `size`: trees or epochs that an earlier training found to do best: so many are learnt, and no row stops them.
    `grown`: how many times more rows there are than in that training.
    `accumulate`: micro-batches of a step of a network, where all of a batch does not fit into memory.
    `world`: which of several processes that train together this one is; None where it trains alone.
    `profile`: what counts the seconds of its phases, where somebody wants to know.
    `trained`: where such processes left what they trained, which is read, not trained.
    """

    name: str
    seed: int
    judge: Judge
    options: Trainer = field(default_factory=Trainer)
    checkpoints: Path | None = None
    observe: Callable[[Epoch], None] = _ignore
    size: int | None = None
    grown: float = 1.0
    accumulate: int = 1
    world: World | None = None
    trained: Path | None = None
    profile: Profile | None = None


class Fitted(Protocol):
    """A trained candidate: scores have the shapes of its ONNX graph, [N] or [N, classes], in float32, or
    float64 of numbers that float32 is too coarse for.
    """

    @property
    def history(self) -> tuple[Epoch, ...]:
        """What each epoch led to; empty for what is trained in one go."""
        ...

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept."""
        ...

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        ...

    def export(self) -> bytes:
        """Write the ONNX graph."""
        ...


class Candidate(Protocol):
    """Something that can be trained on examples, whatever library it is made of."""

    def fit(self, examples: Examples, session: Session) -> Fitted:
        """Train."""
        ...
