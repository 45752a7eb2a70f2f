"""A candidate that learns k times, each time from other folds: what is trained, chosen and written where rows are few.

Member f learns from k - 2 folds. Fold f + 1 stops it and tunes it; fold f it never sees. A candidate is worth the mean
of what its members are worth on the folds that stopped them; on the folds that they have not seen nothing is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.errors import IntegrityError
from mlops.ml.data.folds import chosen_on, learnt_by
from mlops.ml.training import export
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.seeds import derive
from mlops.ml.training.session import Epoch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.ml.training.session import Candidate, Fitted, Session

Compute = Callable[["NDArray[Any]", "NDArray[Any]", "NDArray[Any] | None"], float]
"""From what is true, scores and what each row counts (None: all alike) to a metric."""


@dataclass(frozen=True, eq=False)
class Dealt:
    """The fold, from 0, of every row [n] of examples whose parts hold all rows each."""

    codes: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many folds there are."""
        return int(self.codes.max()) + 1

    def examples(self, whole: Examples, member: int) -> Examples:
        """Give what a member learns from, and what it is stopped and tuned on."""
        learnt = learnt_by(member, self.codes, self.count)
        tuned = chosen_on(self.codes, self.count) == member
        return whole.part(np.flatnonzero(learnt), np.flatnonzero(tuned))

    def fit(self, candidate: Candidate, problem: Problem, whole: Examples, session: Session) -> Folded:
        """Train every member; what is observed is the course of the first."""
        members = []
        for member in range(self.count):
            part = self.examples(whole, member)
            Problem.of(problem.task, part, problem.layout)  # every class is there, every number is finite
            members.append(candidate.fit(part, _session(session, member)))
        return Folded(tuple(members), self)


def _session(session: Session, member: int) -> Session:
    return replace(
        session,
        seed=derive(session.seed, f"fold {member}"),
        checkpoints=None if session.checkpoints is None else session.checkpoints / f"fold{member}",
        observe=session.observe if member == 0 else lambda _: None,
    )


@dataclass(frozen=True, eq=False)
class Folded:
    """The members of a candidate; as one, it answers by their mean."""

    members: tuple[Fitted, ...]
    dealt: Dealt

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The mean course of the members that were still learning at each epoch."""
        courses = [member.history for member in self.members]
        longest = max(courses, key=len)
        return tuple(
            _mean([course[place] for course in courses if place < len(course)]) for place, _ in enumerate(longest)
        )

    @property
    def best_epoch(self) -> int | None:
        """The middle one of the epochs whose weights members kept."""
        kept = sorted(member.best_epoch for member in self.members if member.best_epoch is not None)
        return kept[len(kept) // 2] if kept else None

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows by the mean of the members."""
        return np.asarray(self.each(x).mean(axis=1))

    def each(self, x: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Score rows by each member: [n, k] or [n, k, classes], in float64 where one of them answers so."""
        return np.stack([np.asarray(member.predict(x)) for member in self.members], axis=1)

    def inner(self, x: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Score the rows of all folds [n, ...], each by the member that was stopped and tuned on it."""
        member = chosen_on(self.dealt.codes, self.dealt.count)
        return np.asarray(self.each(x)[np.arange(len(x)), member])

    def mean(
        self, compute: Compute, y: NDArray[Any], inner: NDArray[Any], weights: NDArray[Any] | None = None
    ) -> float:
        """Average a metric over the folds that stopped members; NaN where one of them gives none."""
        folds = [self.dealt.codes == fold for fold in range(self.dealt.count)]
        by = [None if weights is None else weights[rows] for rows in folds]
        return float(np.mean([compute(y[rows], inner[rows], own) for rows, own in zip(folds, by, strict=True)]))

    def export(self) -> bytes:
        """Write the members as one ONNX graph."""
        from mlops.ml.training.ensemble_graph import merged

        return merged([member.export() for member in self.members])


def _mean(epochs: Sequence[Epoch]) -> Epoch:
    losses = [epoch.train_loss for epoch in epochs if epoch.train_loss is not None]
    return Epoch(
        epochs[0].number,
        float(np.mean([epoch.validation_loss for epoch in epochs])),
        float(np.mean([epoch.metric for epoch in epochs])),
        float(np.mean(losses)) if losses else None,
    )


def check_parity(name: str, model: bytes, fitted: Fitted, x: NDArray[Any], scale: Scale) -> None:
    """Hold a graph to what was trained; a merged one to its members, each in its place, and to their mean.

    Raises:
        IntegrityError: an answer is another than what was trained, or stands in another member's place.
    """
    if not isinstance(fitted, Folded):
        export.check_parity(name, model, x, fitted.predict(x), scale)
        return
    trained = fitted.each(x)
    export.check_parity(name, model, x, trained.mean(axis=1), scale)
    found = export.run(model, x, "members")
    if found.shape != trained.shape:
        said = f"the ONNX model of candidate {name} has members of shape {list(found.shape)}"
        raise IntegrityError(f"{said}, not {list(trained.shape)}")
    gap = float((np.abs(found - trained) / np.maximum(scale.deviation, np.abs(trained - scale.mean))).max())
    if not gap <= export.TOLERANCE:
        said = f"a member of the ONNX model of candidate {name} differs from the trained one by {gap:.2g}"
        raise IntegrityError(said, hint="a model that draws random numbers as it answers cannot be served")
