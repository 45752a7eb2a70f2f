"""A candidate that learns something else than it answers: weighted classes, a transformed target.

What is changed for learning is undone behind the model, and early stopping judges what is undone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import UNKNOWN, Layout
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.truths import as_labels
from mlops.ml.training.problem import Problem, Scale
from mlops.statistics.weights import shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.blocks.objective import Objective, Transform
    from mlops.ml.training.heads import Head
    from mlops.ml.training.problem import Examples, Task
    from mlops.ml.training.session import Candidate, Fitted, Session

_FORWARD = {"log": np.log, "log1p": np.log1p, "sqrt": np.sqrt}
_LEAST = {"log": "above 0", "log1p": "above -1", "sqrt": "of 0 and more"}


def problem(
    task: Task,
    examples: Examples,
    objective: Objective,
    numbers: tuple[str | None, ...] = (),
    layout: Layout = UNKNOWN,
) -> Problem:
    """Say what there is to learn; raises DataError where a target has no logarithm or no root.

    `numbers` are the columns that features are the numbers of, `layout` the groups that they belong to.
    """
    if objective.transform is not None:
        _refuse_outside(objective.transform, examples)
    return replace(Problem.of(task, examples, layout), quantile=objective.quantile, numbers=numbers)


def _refuse_outside(transform: Transform, examples: Examples) -> None:
    y = np.concatenate([examples.train_y, examples.validation_y])
    if Scale.of("regression", y).wide:
        raise DataError(
            f"objective.transform: the target lies so far from 0 that its {transform} tells neighbouring values apart"
            " no more",
            hint="remove `transform`: a target far from 0 is learnt without loss as it is",
        )
    bad = int((~_inside(transform, y)).sum())
    if bad:
        raise DataError(
            f"objective.transform: {bad:,} of {len(y):,} targets of training and validation have no {transform}, which"
            f" is of numbers {_LEAST[transform]}",
            hint="choose another transform, or leave these rows out",
        )


def _inside(transform: Transform, y: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray({"log": y > 0, "log1p": y > -1, "sqrt": y >= 0}[transform])


def shaped(candidate: Candidate, objective: Objective, classes: Sequence[str] = ()) -> Candidate:
    """Let a candidate learn by an objective; `classes` are the labels in order, which weights may name.

    Raises:
        ConfigurationError: a weight is of no class of the target.
    """
    named = objective.class_weight
    if isinstance(named, dict):
        named = as_labels(named, classes)
        objective = objective.model_copy(update={"class_weight": named})
    if isinstance(named, dict) and (unknown := sorted(set(named) - set(classes))):
        raise ConfigurationError(
            f"objective.class_weight names {', '.join(unknown[:5])}, which the target never is",
            hint=f"classes: {', '.join(classes[:20])}",
        )
    if named is None and objective.transform is None:
        return candidate
    return Shaped(candidate, objective, tuple(classes))


@dataclass(frozen=True)
class Shaped:
    """A candidate whose rows are weighed by class, or whose target is transformed, and what is learnt so undone."""

    inner: Candidate
    objective: Objective
    classes: tuple[str, ...] = ()

    def fit(self, examples: Examples, session: Session) -> Fitted:
        """Train."""
        from mlops.ml.training.heads import Headed, through  # its onnx takes a while, and most learn as they answer

        given, head = self._weighed(examples) if self.objective.transform is None else self._transformed(examples)
        judge = session.judge

        def compute(_: NDArray[Any], score: NDArray[Any], *by: NDArray[Any]) -> float:
            return judge.compute(examples.validation_y, through((head,), score), *by)

        fitted = self.inner.fit(given, replace(session, judge=replace(judge, compute=compute)))
        if self.objective.smearing:
            off = given.validation_y.astype(np.float64) - fitted.predict(given.validation_x)
            head = _smeared(head, off, examples.validation_w)
        return Headed(fitted, (head,))

    def _weighed(self, examples: Examples) -> tuple[Examples, Head]:
        from mlops.ml.training.heads import Prior

        y = examples.train_y
        by = np.ones(len(y)) if examples.train_w is None else examples.train_w
        weights = self._class_weights(y, by)
        return replace(examples, train_w=shares(by * weights[y])), Prior(tuple(weights.tolist()))

    def _class_weights(self, y: NDArray[np.int64], by: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weigh classes as asked for, or so that all count alike: rows over classes times rows of the class."""
        named = self.objective.class_weight
        if isinstance(named, dict):
            return np.array([named.get(label, 1.0) for label in self.classes])
        counts = np.bincount(y, weights=by, minlength=2)
        return np.asarray(by.sum() / (len(counts) * counts))

    def _transformed(self, examples: Examples) -> tuple[Examples, Head]:
        from mlops.ml.training.heads import Undone

        name = self.objective.transform
        assert name is not None  # noqa: S101  # by whoever calls
        made = [
            _FORWARD[name](y.astype(np.float64)).astype(np.float32) for y in (examples.train_y, examples.validation_y)
        ]
        return replace(examples, train_y=made[0], validation_y=made[1]), Undone(name)


def _smeared(head: Any, off: NDArray[np.float64], weights: NDArray[np.float64] | None) -> Head:
    """Let a head answer means: by the errors of what was learnt (Duan, JASA 78:605, 1983)."""
    each = off**2 if head.transform == "sqrt" else np.exp(off)
    found: Head = replace(head, smear=float(np.average(each, weights=weights)))
    return found


def carried(chosen: Fitted, again: Fitted) -> Fitted:
    """Put behind what learnt again from more rows all that was fitted on rows which `chosen` had not learnt from.

    That is a calibrator, and what makes medians means; what takes class weights out goes by those it learnt with.
    """
    from mlops.ml.training.heads import Headed, Prior

    before, after = _heads(chosen), _heads(again)
    heads = tuple(
        after[place] if place < len(after) and isinstance(after[place], Prior) else head
        for place, head in enumerate(before)
    )
    return Headed(inside(again), heads) if heads else again


def _heads(fitted: Any) -> list[Head]:
    """List what scores go through, in that order."""
    found: list[Head] = []
    while hasattr(fitted, "heads"):
        fitted, found = fitted.inner, [*fitted.heads, *found]
    return found


def inside(candidate: Any) -> Any:
    """Give the candidate, or what was trained, that an objective is put around.

    Example:
        >>> inside("a candidate")
        'a candidate'
    """
    while hasattr(candidate, "objective") or hasattr(candidate, "heads"):
        candidate = candidate.inner
    return candidate
