"""The model that is released: the chosen candidate, taught again with the rows that chose it where that is wanted.

How many trees or epochs, and whatever else validation decides, comes from the candidate as it was chosen, which never
saw those rows; its graph stays beside the model for what has to be asked of rows that were not learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.training import columns, export, folding, shaping
from mlops.ml.training.ensemble import EnsembleCandidate
from mlops.ml.training.problem import Scale
from mlops.ml.training.profile import phase
from mlops.ml.training.shaping import carried

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.ml.training.ensemble import FittedEnsemble
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Candidate, Fitted, Session

MODEL, BEFORE = "model.onnx", "before_refit.onnx"


@dataclass(frozen=True)
class Released:
    """The model that goes on, its graph, and the rows of each part that taught it.

    `before` is the graph of the candidate as it was chosen; None where that is what is released.
    """

    fitted: Fitted
    model: bytes
    learnt: dict[str, int]
    before: bytes | None = None
    groups: tuple[str, ...] | None = None
    """The groups of columns that the graphs read, where these are not all: they know of no others."""

    def write(self, folder: Path) -> None:
        """Write the graphs."""
        (folder / MODEL).write_bytes(self.model)
        if self.before is not None:
            (folder / BEFORE).write_bytes(self.before)


def again(candidate: Candidate, examples: Examples, session: Session, chosen: Fitted, grown: float = 1.0) -> Fitted:
    """Teach a candidate the rows to learn from, for as long as was best when it did not know all of them.

    What was fitted on rows that it did not know, as a calibrator, is carried over. There are `grown` times as many.
    """
    if isinstance(candidate, EnsembleCandidate):
        return carried(chosen, _each_again(candidate, examples, session, shaping.inside(chosen), grown))
    folder = None if session.checkpoints is None else session.checkpoints / "refit"
    longer = replace(session, size=chosen.best_epoch, checkpoints=folder, observe=lambda _: None, grown=grown)
    with phase(session.profile, "learning again"):
        return carried(chosen, candidate.fit(examples, longer))


def _each_again(
    candidate: EnsembleCandidate, examples: Examples, session: Session, chosen: FittedEnsemble, grown: float
) -> FittedEnsemble:
    """Teach each member again that does so alone; the others stay as they were chosen."""
    pairs = zip(candidate.members, chosen.members, strict=True)
    taught = tuple(
        again(member.candidate, examples, member.session(session), fitted, grown) if member.refit else fitted
        for member, fitted in pairs
    )
    return replace(chosen, members=taught)


def release(
    name: str,
    best: Fitted,
    candidate: Candidate,
    problem: Problem,
    examples: Examples,
    session: Session,
    *,
    refit: bool,
    say: Callable[[str], None],
) -> Released:
    """Write the chosen candidate as ONNX, and the same taught again where that is wanted.

    Raises:
        ConfigurationError: it cannot be written.
        IntegrityError: the graph answers otherwise than the model.
    """
    scale = Scale.of(problem.task, examples.train_y)
    say(f"writing {name} as ONNX")
    served = Served.of(best, problem)
    x = served.take(examples.validation_x)
    chosen, narrow = served.write(best)
    folding.check_parity(name, chosen, narrow, x, scale)
    learnt = {"train": len(examples.train_y)}
    if not refit:
        return Released(best, chosen, learnt, groups=served.groups)
    say(f"{name} learns again, from train and validation")
    whole = examples.whole
    fitted = again(candidate, whole, session, best, len(whole.train_y) / len(examples.train_y))
    model, narrow = served.write(fitted)
    export.check_parity(name, model, x, narrow.predict(x), scale)
    learnt |= {"validation": len(examples.validation_y)}
    return Released(fitted, model, learnt, chosen, served.groups)


@dataclass(frozen=True)
class Served:
    """What is left of a row for a model that reads some groups of columns: what it does not read no server computes.

    Both are None where it reads all of them.
    """

    kept: tuple[int, ...] | None
    groups: tuple[str, ...] | None

    @classmethod
    def of(cls, fitted: Fitted, problem: Problem) -> Served:
        """Look what a model, or any member of it, reads."""
        found, layout = columns.positions(fitted), problem.layout
        if found is None or len(found) == layout.width:
            return cls(None, None)
        groups = tuple(group.name for group in layout.groups if found.issuperset(group.positions))
        return cls(tuple(sorted(found)), groups)

    def take(self, x: NDArray[Any]) -> NDArray[Any]:
        """Give what is left of rows [n, ...]."""
        return x if self.kept is None else np.take(x.reshape(len(x), -1), self.kept, axis=1)

    def write(self, fitted: Fitted) -> tuple[bytes, Fitted]:
        """Write a model as the graph of what is left of a row, and give the model that says the same."""
        narrow: Fitted = fitted if self.kept is None else columns.narrowed(fitted, self.kept)
        return narrow.export(), narrow
