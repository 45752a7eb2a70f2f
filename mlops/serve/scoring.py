"""Rows of a request to scores: what every dialect does with them, whatever it calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlops.bundle.refusal import UNKNOWN, counted
from mlops.bundle.schema import MOST, Findings, Problem
from mlops.serve.bad_request import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mlops.bundle.prediction_log import Clients
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.refusal import Refusals
    from mlops.serve.plain_requests import Keep

_NOT_FINITE = "the model gives no finite score for some rows"


class Scored(NamedTuple):
    """Finite scores [n] or [n, k] of the rows at `numbers`, of so many `rows`; those between were refused."""

    scores: NDArray[np.floating[Any]]
    decided: list[Any] | None
    numbers: Sequence[int]
    rows: int
    problems: Sequence[Problem]
    warnings: Sequence[Problem]

    def placed(self, values: list[Any]) -> list[Any]:
        """Give what belongs to each row, null for one that was refused."""
        if len(values) == self.rows:
            return values
        placed: list[Any] = [None] * self.rows
        for number, value in zip(self.numbers, values, strict=True):
            placed[number] = value
        return placed


def score(
    predictor: Predictor,
    rows: list[Any],
    clients: Clients = None,
    keep: Keep | None = None,
    refuse: Callable[[Refusals], None] | None = None,
    *,
    whole: bool = False,
) -> Scored:
    """Read, check and score rows; raises BadRequest where none of them is to be answered.

    Where the bundle refuses rows alone (`requests.batch`), one good row is enough, but not where the answer has to be
    `whole`. What was answered is given to `keep`, what of it was refused to `refuse`.
    """
    whole = whole or predictor.schema.requests.batch == "all"
    rows = predictor.read(rows)
    found = predictor.inspect(rows)
    if found.causes and (whole or len(found.causes) == len(rows)):
        raise _bad_rows(found, len(rows), whole=whole)
    numbers: Sequence[int] = range(len(rows))
    if found.causes:
        numbers = [number for number in numbers if number not in found.causes]
    scores = predictor.score_rows([rows[number] for number in numbers] if found.causes else rows)
    finite = np.isfinite(scores).reshape(len(scores), -1).all(axis=1) if len(scores) else np.ones(0, dtype=bool)
    if not finite.all():
        found = _with_lost(found, [numbers[lost] for lost in np.flatnonzero(~finite).tolist()])
        if whole or len(found.causes) == len(rows):
            raise BadRequest(_NOT_FINITE, found.problems, counted(found.causes, len(rows), whole=whole))
        numbers, scores = [numbers[good] for good in np.flatnonzero(finite).tolist()], scores[finite]
    if keep is not None:
        named = None if clients is None else [clients[number] for number in numbers]
        keep([rows[number] for number in numbers] if found.causes else rows, scores, numbers, named)
    if refuse is not None and found.causes:
        refuse(counted(found.causes, len(rows), whole=False))
    return Scored(scores, predictor.decide(scores), numbers, len(rows), found.problems, found.warnings)


def checked(predictor: Predictor, rows: list[Any]) -> tuple[NDArray[np.float32], NDArray[np.floating[Any]]]:
    """Give all rows as the transform makes them, and their finite scores; raises BadRequest where one is bad."""
    rows = predictor.read(rows)
    found = predictor.inspect(rows)
    if found.causes:
        raise _bad_rows(found, len(rows), whole=True)
    x = predictor.transform.apply_rows(rows)
    scores = predictor.model.score(x)
    if not np.isfinite(scores).all():
        raise BadRequest(_NOT_FINITE)
    return x, scores


def _bad_rows(found: Findings, rows: int, *, whole: bool) -> BadRequest:
    shown = f", the first {MOST} are listed" if found.count > MOST else ""
    what = "1 problem" if found.count == 1 else f"{found.count:,} problems"
    message = f"{what} in the rows of the request{shown}"
    return BadRequest(message, found.problems, counted(found.causes, rows, whole=whole))


def _with_lost(found: Findings, lost: Sequence[int]) -> Findings:
    """Add the rows that the model gave no number for."""
    more = [Problem(number, "", "the model gives no finite score") for number in lost[:MOST]]
    causes = {**found.causes, **dict.fromkeys(lost, (UNKNOWN, "score"))}
    return Findings((*found.problems, *more)[:MOST], found.count + len(lost), causes, found.warnings)
