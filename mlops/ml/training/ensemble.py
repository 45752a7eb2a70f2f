"""Trained candidates that answer as one, by the mean of what they say, each as often as it was drawn.

Each member learns as it would alone: from a seed of its own, with its own objective around it, for as long as is best
for it; what is fitted behind the whole, as a calibrator, is fitted behind their mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.training import greedy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.problem import Examples
    from mlops.ml.training.session import Candidate, Epoch, Fitted, Session


@dataclass(frozen=True)
class Member:
    """A candidate, the seed that it has alone, how often it was drawn, and whether it may learn from more rows."""

    name: str
    candidate: Candidate
    seed: int
    count: int
    refit: bool = False

    def session(self, whole: Session) -> Session:
        """Say how it is trained; nobody watches a part of a whole."""
        folder = None if whole.checkpoints is None else whole.checkpoints / self.name
        return replace(whole, name=self.name, seed=self.seed, checkpoints=folder, observe=lambda _: None)


@dataclass(frozen=True)
class EnsembleCandidate:
    """Candidates to be trained as members."""

    members: tuple[Member, ...]

    def fit(self, examples: Examples, session: Session) -> FittedEnsemble:
        """Train every member."""
        fitted = tuple(member.candidate.fit(examples, member.session(session)) for member in self.members)
        return FittedEnsemble(fitted, tuple(member.count for member in self.members))


@dataclass(frozen=True, eq=False)
class FittedEnsemble:
    """Trained members, and how often each was drawn."""

    members: tuple[Fitted, ...]
    counts: tuple[int, ...]

    @property
    def history(self) -> tuple[Epoch, ...]:
        """Nothing: each member has a course of its own."""
        return ()

    @property
    def best_epoch(self) -> int | None:
        """Nothing: each member has its own."""
        return None

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows by the mean of the members, in float64 where one of them answers so."""
        scores = [np.asarray(member.predict(x)) for member in self.members]
        wide = any(score.dtype == np.float64 for score in scores)
        return greedy.mean(self.counts, scores).astype(np.float64 if wide else np.float32)

    def export(self) -> bytes:
        """Write the members as one ONNX graph."""
        from mlops.ml.training.ensemble_graph import weighted

        return weighted([member.export() for member in self.members], self.counts)
