"""Which models answer best together: greedy selection with replacement under a budget.

Method: Caruana, Niculescu-Mizil, Crew and Ksikes, Ensemble selection from libraries of models, ICML 2004. It begins
with the best models one by one (their sorted initialisation) and then draws, again and again, the model whose answers
bring the mean furthest. Of all that it came through the best is kept, of equals the one with the fewest draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from mlops.blocks.ensemble import Ensemble

    Rank = tuple[float, float]
    Judge = Callable[[NDArray[np.float64]], Rank]


@dataclass(frozen=True)
class Cost:
    """What a model weighs: bytes of its graph, comparisons and multiplications of one row."""

    size: int = 0
    operations: int = 0


def allows(budget: Ensemble, counts: Sequence[int], costs: Sequence[Cost]) -> bool:
    """Say whether models that are drawn so often, by place, are not too many, too large or too slow.

    Example:
        >>> from mlops.blocks.ensemble import Ensemble
        >>> allows(Ensemble(members=2), (3, 1, 0), (Cost(), Cost(), Cost()))
        True
        >>> allows(Ensemble(members=2), (3, 1, 1), (Cost(), Cost(), Cost()))
        False
    """
    taken = [cost for cost, count in zip(costs, counts, strict=True) if count]
    return (
        len(taken) <= budget.members
        and sum(counts) <= budget.draws
        and (budget.megabytes is None or sum(cost.size for cost in taken) <= budget.megabytes * 1e6)
        and (budget.operations is None or sum(cost.operations for cost in taken) <= budget.operations)
    )


def mean(counts: Sequence[int], scores: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Average scores [n] or [n, classes] of models by how often each was drawn, in double precision.

    Example:
        >>> mean((1, 3), (np.array([0.0]), np.array([1.0])))
        array([0.75])
    """
    parts = [score.astype(np.float64) * count for count, score in zip(counts, scores, strict=True) if count]
    total = parts[0]
    for part in parts[1:]:  # one after the other, as the graph adds them up: a sum over an axis goes by pairs
        total = total + part
    return np.asarray(total / sum(counts))


def select(scores: Sequence[NDArray[Any]], judge: Judge, costs: Sequence[Cost], budget: Ensemble) -> tuple[int, ...]:
    """Say how often each model is drawn; all zeros where none fits the budget.

    `judge` ranks answers so that the greater is the better. Equals are decided for the smaller graph, then for the
    model that stands first.
    """
    return _Selection(scores, judge, costs, budget).counts()


class _Selection:
    def __init__(self, scores: Sequence[NDArray[Any]], judge: Judge, costs: Sequence[Cost], budget: Ensemble) -> None:
        self._scores, self._judge, self._costs, self._budget = scores, judge, costs, budget

    def counts(self) -> tuple[int, ...]:
        """Go on until the draws are used up, and give the best state on the way."""
        nothing = (0,) * len(self._scores)
        state, rank = self._best(self._prefixes(), (nothing, _LEAST))
        best = (state, rank)
        while any(state) and sum(state) < self._budget.draws:
            state, rank = self._best(self._further(state), (nothing, _LEAST))
            if rank > best[1]:
                best = (state, rank)
        return best[0]

    def _prefixes(self) -> Iterable[tuple[int, ...]]:
        """Take the best model, then the two best, and so on, leaving out what the budget has no room for."""
        alone = [self._judge(score.astype(np.float64)) for score in self._scores]
        order = sorted(
            range(len(alone)), key=lambda at: (tuple(-value for value in alone[at]), self._costs[at].size, at)
        )
        state = [0] * len(alone)
        for place in order:
            state[place] = 1
            if allows(self._budget, state, self._costs):
                yield tuple(state)
            else:
                state[place] = 0

    def _further(self, state: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        """Draw one more, the smaller ones first."""
        for place in sorted(range(len(state)), key=lambda at: (0 if state[at] else self._costs[at].size, at)):
            drawn = tuple(count + (at == place) for at, count in enumerate(state))
            if allows(self._budget, drawn, self._costs):
                yield drawn

    def _best(
        self, states: Iterable[tuple[int, ...]], best: tuple[tuple[int, ...], Rank]
    ) -> tuple[tuple[int, ...], Rank]:
        """Give the best state, the first of equals."""
        for state in states:
            rank = self._judge(mean(state, self._scores))
            if not any(best[0]) or rank > best[1]:
                best = (state, rank)
        return best


_LEAST = (float("-inf"), float("-inf"))
