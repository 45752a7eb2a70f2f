"""The searches of several candidates: one after the other, or as a race under one budget."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from mlops.ml.tuning.race import rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mlops.ml.tuning.search import Found, Wanted
    from mlops.ml.tuning.trial import Answer, Question
    from mlops.stages.trials import Score

    Tell = Callable[[Question, Answer], None]


def found(
    wanted: Sequence[Wanted], race: bool, minutes: float | None, journal: Path, score: Score, tell: Tell
) -> dict[str, Found]:
    """Search for each candidate, and give what was found by its name.

    In a race the trials of all are dealt in rounds: after each the worse half is searched no further. What a candidate
    has tried is in the `journal`, so that going on with it trains nothing twice.
    """
    from mlops.ml.tuning.journal import Journal  # its Optuna is no part of what trains
    from mlops.ml.tuning.search import search

    begun = time.monotonic()
    told: set[tuple[str, int]] = set()

    def once(question: Question, answer: Answer) -> None:
        if (question.candidate, question.number) not in told:
            told.add((question.candidate, question.number))
            tell(question, answer)

    def searched(each: Wanted, share: float) -> Found:
        end = None if minutes is None else begun + 60 * minutes * share
        notes = Journal(journal, each.candidate, higher=each.higher)
        return search(each, notes, score, late=lambda: end is not None and time.monotonic() >= end, tell=once)

    if not race:
        return {each.candidate: searched(each, at / len(wanted)) for at, each in enumerate(wanted, 1)}
    return _raced(wanted, searched)


def _raced(wanted: Sequence[Wanted], searched: Callable[[Wanted, float], Found]) -> dict[str, Found]:
    known: dict[str, Found] = {}
    left = list(wanted)
    dealt = rounds(len(left), sum(each.trials for each in wanted))
    made = 0
    for place, (count, more) in enumerate(dealt):
        for gone in left[count:]:
            number = len(known[gone.candidate].trials)
            stopped = f"left after {number} trial{'s' if number != 1 else ''}: others did better"
            known[gone.candidate] = replace(known[gone.candidate], stopped=stopped)
        left, made = left[:count], made + more
        for at, each in enumerate(left, 1):
            share = (place + at / len(left)) / len(dealt)
            known[each.candidate] = searched(replace(each, trials=made), share)
        left.sort(key=lambda each: _best(known[each.candidate], higher=each.higher), reverse=True)  # equals by name
    return {each.candidate: known[each.candidate] for each in wanted}


def _best(found: Found, *, higher: bool) -> tuple[float, float]:
    return max(answer.rank(higher=higher) for _, answer in found.trials)
