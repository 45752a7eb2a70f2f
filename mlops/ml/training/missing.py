"""Missing numbers in trees: which way each branching sends them, in training and in the ONNX graph.

Trees that know missing values learn the way at each branching. To those that do not, a missing number is the least
there is: it goes left everywhere, and one branching more tells it from all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.problem import Examples
    from mlops.ml.training.session import Candidate, Epoch, Fitted, Session

LEAST = np.finfo(np.float32).min


@dataclass(frozen=True)
class Least:
    """A candidate to which a missing number is the least of all."""

    inner: Candidate

    def fit(self, examples: Examples, session: Session) -> FittedLeast:
        """Train it."""
        filled = replace(examples, train_x=_filled(examples.train_x), validation_x=_filled(examples.validation_x))
        with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn adds all up to look for NaN
            return FittedLeast(self.inner.fit(filled, session))


@dataclass(frozen=True, eq=False)
class FittedLeast:
    """A trained candidate that is given rows with NaN."""

    inner: Fitted

    @property
    def history(self) -> tuple[Epoch, ...]:
        """What each epoch led to."""
        return self.inner.history

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept."""
        return self.inner.best_epoch

    def seen(self, x: NDArray[Any]) -> NDArray[Any]:
        """Give rows as the trees see them."""
        return _filled(x)

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.inner.predict(_filled(x))

    def export(self) -> bytes:
        """Write the ONNX graph, whose trees send missing numbers to the left."""
        import onnx

        from mlops.ml.training.export import finish
        from mlops.ml.training.missing_graph import track

        model = onnx.load_from_string(self.inner.export())
        track(model.graph)
        return finish(model)


def _filled(x: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.isnan(x), x.dtype.type(LEAST), x)
