"""How trials are dealt in a race: all of them, to fewer and fewer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.tuning.race import rounds


def test_half_of_the_candidates_leave_after_each_round() -> None:
    assert rounds(4, 40) == ((4, 3), (2, 6), (1, 16))
    assert rounds(5, 60) == ((5, 3), (3, 5), (2, 7), (1, 16))
    assert rounds(2, 2) == ((2, 1),)


@given(st.integers(1, 12), st.integers(0, 300))
def test_every_candidate_is_tried_and_no_trial_is_lost(candidates: int, more: int) -> None:
    trials = candidates + more
    dealt = rounds(candidates, trials)
    assert dealt[0][0] == candidates
    assert sum(count * each for count, each in dealt) == trials
    assert [count for count, _ in dealt] == sorted((count for count, _ in dealt), reverse=True)
